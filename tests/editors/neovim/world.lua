--- What the tests in Neovim share: expectations, a project, a model, waiting.
---
---   DEVIKA_BIN          the server
---   SCRIPTED_MODEL_BIN  the model
---   ARTEFACTS           a folder for the projects and the logs
---
--- A test ends with 0, or with 1 and what was expected. tests/editors/run does all of this.

local M = {}

--- Milliseconds that anything may take on a busy machine.
local PATIENCE = 60000

--- What a failure shows besides, by name.
M.shown = {}

function M.check(ok, what)
  if not ok then error(what, 0) end
  return ok
end

function M.equal(got, wanted, what)
  M.check(vim.deep_equal(got, wanted), ("%s: %s, and not %s"):format(what, vim.inspect(got), vim.inspect(wanted)))
end

--- Handles what comes until `condition` holds, and returns what it returned. `what` says what is waited
--- for, or is a function that says it when nothing came.
function M.wait_for(what, condition)
  local value
  local has_come = vim.wait(PATIENCE, function()
    value = condition()
    return value
  end, 10)
  if not has_come then M.check(false, "nothing came of: " .. (type(what) == "function" and what() or what)) end
  return value
end

function M.required(name) return vim.fs.normalize(vim.fn.fnamemodify(M.check(vim.env[name], name .. " is not set; see world.lua"), ":p")) end

--- The plugin's folder.
M.plugin = vim.fn.fnamemodify(debug.getinfo(1, "S").source:sub(2), ":p:h:h:h:h") .. "/extension/neovim"

function M.write(path, text)
  vim.fn.mkdir(vim.fs.dirname(path), "p")
  vim.fn.writefile(vim.split(text, "\n"), path, "b")
end

function M.read(path) return table.concat(vim.fn.readfile(path, "b"), "\n") end

function M.buffer_text(buffer)
  return table.concat(vim.api.nvim_buf_get_lines(buffer or 0, 0, -1, false), "\n") .. "\n"
end

--- Starts a model that answers with `replies`, one after the other, and returns its address.
local function start_model(folder, replies)
  M.write(folder .. "/script.json", vim.json.encode(replies))
  local url
  vim.fn.jobstart({ M.required("SCRIPTED_MODEL_BIN"), "--script", folder .. "/script.json" }, {
    on_stdout = function(_, lines) url = url or lines[1]:match("^listening on (.+)$") end,
  })
  return M.wait_for("the model's address", function() return url end)
end

--- A project under git with `files`, a user with a home, and a model that answers with `replies`.
function M.build(name, files, replies)
  local folder = M.required("ARTEFACTS") .. "/" .. name
  local world = { devika = M.required("DEVIKA_BIN"), folder = folder, project = folder .. "/project", home = folder .. "/home" }
  vim.fn.delete(folder, "rf")
  for path, text in pairs(files) do M.write(world.project .. "/" .. path, text) end
  vim.env.HOME = world.home
  M.write(world.home .. "/.gitconfig", "[user]\n\tname = A User\n\temail = user@example.org\n")
  function world.git(...)
    local ran = vim.system({ "git", ... }, { cwd = world.project, text = true }):wait()
    M.check(ran.code == 0, ran.stderr)
    return vim.trim(ran.stdout)
  end
  world.git("init", "--quiet", "--initial-branch", "main")
  world.git("add", ".")
  world.git("commit", "--quiet", "--message", "Begin")
  vim.env.DEVIKA_HOME = world.home .. "/devika"
  local config = vim.env.DEVIKA_HOME .. "/config.toml"
  local url = start_model(folder, replies)
  M.write(config, ('[models]\ndefault = "scripted/model"\n[providers.scripted]\nkind = "openai"\nbase_url = "%s"\n'):format(url))
  vim.fn.setfperm(config, "rw-------")
  return world
end

--- A planner's answer; `fields` are put over those of a plan that writes code in one step.
function M.plan(fields)
  local usual = { kind = "code", question = "", queries = {}, verify = {} }
  return vim.fn.json_encode(vim.tbl_extend("force", usual, fields))
end

--- A coder's answer, of `{ path, text }`.
function M.code(subject, ...)
  local parts = { "Commit: " .. subject .. "\n" }
  for _, file in ipairs({ ... }) do
    table.insert(parts, ("\nFile: `%s`\n```python\n%s```\n"):format(file[1], file[2]))
  end
  return table.concat(parts)
end

--- The person at the keyboard: of what is offered, chooses the first whose words fit `pattern`.
--- Returns the list of what was asked.
function M.choose_always(pattern)
  local asked = {}
  vim.ui.select = function(items, options, choose)
    table.insert(asked, options.prompt)
    for index, item in ipairs(items) do
      if (options.format_item or tostring)(item):match(pattern) then return choose(item, index) end
    end
    choose(nil)
  end
  return asked
end

--- Keeps what the server says, in the list that is returned.
function M.hear_messages()
  local messages = {}
  local show = vim.lsp.handlers["window/showMessage"]
  vim.lsp.handlers["window/showMessage"] = function(err, params, context)
    table.insert(messages, params.message)
    return show(err, params, context)
  end
  return messages
end

function M.said(texts, part)
  return vim.iter(texts):any(function(text) return text:find(part, 1, true) ~= nil end)
end

local function explained(problem)
  return type(problem) == "string" and not problem:find("%.lua:%d") and problem or debug.traceback(problem)
end

local function fail(name, problem)
  io.stderr:write(("FAILED: %s: %s\n"):format(name, problem))
  for what, value in pairs(M.shown) do
    io.stderr:write(("%s: %s\n"):format(what, vim.inspect(value)))
  end
  io.stderr:write(("the log of the language clients: %s\n"):format(vim.lsp.get_log_path()))
  vim.cmd("cquit 1")
end

--- Runs tests, `{ name, function }` each, one after the other, and ends Neovim.
function M.run(tests)
  for _, test in ipairs(tests) do
    local ok, problem = xpcall(test[2], explained)
    if not ok then return fail(test[1], problem) end
    io.stderr:write(("  ok: %s\n"):format(test[1]))
  end
  io.stderr:write("Neovim: ok\n")
  vim.cmd("qall!")
end

return M
