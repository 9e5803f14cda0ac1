-- What the tests of Neovim begin with: a scripted model, a project in git, a person at the keyboard.
--
-- run:  DEVIKA_BIN=… SCRIPTED_MODEL_BIN=… ARTEFACTS=… nvim --headless -u NONE -i NONE -c 'luafile hello.lua'
--   DEVIKA_BIN          the server
--   SCRIPTED_MODEL_BIN  the model
--   ARTEFACTS           a folder for the project and the logs
-- A test ends with 0, or with 1 and what was expected. tests/editors/run does all of this.

local M = { progress = {}, messages = {}, choices = {} }

local PATIENCE = 60000 -- milliseconds that anything may take on a busy machine

function M.check(ok, what)
  if not ok then error(what, 0) end
  return ok
end

function M.equal(got, wanted, what)
  M.check(vim.deep_equal(got, wanted), ("%s: %s, and not %s"):format(what, vim.inspect(got), vim.inspect(wanted)))
end

--- Handles what comes from the server until `condition` holds.
function M.wait_for(what, condition)
  M.check(vim.wait(PATIENCE, condition, 10), "nothing came of: " .. what)
end

--- The path in an environment variable that the test cannot do without.
function M.required(name)
  return vim.fs.abspath(M.check(vim.env[name], name .. " is not set; see the head of world.lua"))
end

function M.write(path, text)
  vim.fn.mkdir(vim.fs.dirname(path), "p")
  vim.fn.writefile(vim.split(text, "\n"), path, "b")
end

function M.read(path)
  return table.concat(vim.fn.readfile(path, "b"), "\n")
end

function M.git(...)
  local ran = vim.system({ "git", ... }, { cwd = M.project, text = true }):wait()
  M.check(ran.code == 0, ran.stderr)
  return vim.trim(ran.stdout)
end

--- The planner's answer; `fields` replace those of a plain one.
function M.plan(fields)
  local plain = {
    monologue = "One function and one test.", kind = "code", reply = "I will do it.", focus = "the greeting",
    question = "", queries = {}, verify = {},
  }
  return { text = vim.fn.json_encode(vim.tbl_extend("force", plain, fields)) }
end

--- The coder's answer: pairs of a path and its text, and the first line of the commit message.
function M.code(subject, files)
  local blocks = vim.iter(files):map(function(file) return ("File: `%s`\n```python\n%s```\n"):format(unpack(file)) end)
  return { text = ("Commit: %s\n\n%s"):format(subject, blocks:join("\n")) }
end

local function start_model(folder, replies)
  M.write(folder .. "/script.json", vim.json.encode(replies))
  local url
  vim.fn.jobstart({ M.required("SCRIPTED_MODEL_BIN"), "--script", folder .. "/script.json" }, {
    on_stdout = function(_, lines) url = url or lines[1]:match("^listening on (.+)$") end,
  })
  M.wait_for("the model's address", function() return url end)
  return url
end

--- Makes the project of the test `name` with these files, and a model that gives these answers.
function M.build(name, files, replies)
  local folder = M.required("ARTEFACTS") .. "/" .. name
  local home = folder .. "/home"
  M.project = folder .. "/project"
  vim.fn.delete(folder, "rf")
  for path, text in pairs(files) do M.write(M.project .. "/" .. path, text) end
  vim.env.HOME = home
  M.write(home .. "/.gitconfig", "[user]\n\tname = A User\n\temail = user@example.org\n")
  M.git("init", "--quiet", "--initial-branch", "main")
  M.git("add", ".")
  M.git("commit", "--quiet", "--message", "Begin")
  vim.env.DEVIKA_HOME = home .. "/devika"
  local config = vim.env.DEVIKA_HOME .. "/config.toml"
  M.write(config, ('[models]\ndefault = "scripted/model"\n[providers.scripted]\nkind = "openai"\nbase_url = "%s"\n')
    :format(start_model(folder, replies)))
  vim.fn.setfperm(config, "rw-------")
end

--- Keeps what the server shows, and allows whatever it asks.
function M.listen()
  vim.api.nvim_create_autocmd("LspProgress", {
    callback = function(event) table.insert(M.progress, event.data.params.value) end,
  })
  local show = vim.lsp.handlers["window/showMessage"]
  vim.lsp.handlers["window/showMessage"] = function(err, params, context)
    table.insert(M.messages, params.message)
    return show(err, params, context)
  end
  -- The person at the keyboard: allows whatever is asked.
  vim.ui.select = function(items, options, choose)
    table.insert(M.choices, options.prompt)
    for index, item in ipairs(items) do
      if (options.format_item or tostring)(item):match("Allow") then return choose(item, index) end
    end
    choose(nil)
  end
end

function M.said(texts, pattern)
  return vim.iter(texts):any(function(text) return text:find(pattern, 1, true) ~= nil end)
end

--- Opens a file of the project, and waits for these clients to start there.
function M.open(path, names)
  vim.cmd("filetype on")
  vim.lsp.enable(names)
  vim.cmd.edit(M.project .. "/" .. path)
  for _, name in ipairs(names) do
    local function client() return vim.lsp.get_clients({ bufnr = 0, name = name })[1] end
    M.wait_for(name .. " to start", function() return client() and client().initialized end)
  end
  return vim.lsp.get_clients({ bufnr = 0, name = "devika" })[1]
end

--- Executes a command of the server, as a user's mapping does, and returns its answer.
function M.execute(client, name, argument)
  local answer, problem
  client:exec_cmd({ title = name, command = name, arguments = { argument } }, { bufnr = 0 }, function(err, result)
    answer, problem = result or vim.NIL, err
  end)
  M.wait_for(name, function() return answer or problem end)
  M.check(not problem, vim.inspect(problem))
  return answer
end

--- Stops a client, and waits until it has ended.
function M.stop(client)
  client:stop()
  M.wait_for(client.name .. " to end", function() return client:is_stopped() end)
end

--- Runs the test `name` and ends Neovim.
function M.run(name, test)
  local ok, problem = xpcall(test, function(problem)
    return type(problem) == "string" and not problem:find("%.lua:%d") and problem or debug.traceback(problem)
  end)
  if not ok then
    io.stderr:write(("FAILED: %s\nmessages: %s\nchoices: %s\n"):format(problem, vim.inspect(M.messages), vim.inspect(M.choices)))
    io.stderr:write(("the client's log: %s\n"):format(vim.lsp.log.get_filename()))
    vim.cmd("cquit 1")
  end
  io.stderr:write(("Neovim: %s: ok\n"):format(name))
  vim.cmd("qall!")
end

return M
