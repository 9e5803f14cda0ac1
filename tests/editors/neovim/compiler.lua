-- A second, real language server beside Devika: what Pyright finds wrong goes to the patcher.
--
-- run:  DEVIKA_BIN=… SCRIPTED_MODEL_BIN=… PYRIGHT=… ARTEFACTS=… nvim --headless -u NONE -i NONE -c 'luafile compiler.lua'
--   PYRIGHT  pyright-langserver; the others as in hello.lua

local PATIENCE = 60000 -- milliseconds that anything may take on a busy machine

local WRONG = "def double(number):\n    return twise(number)\n"
local RIGHT = "def double(number):\n    return 2 * number\n"

local function check(ok, what)
  if not ok then error(what, 0) end
  return ok
end

--- Handles what comes from the servers until `condition` holds.
local function wait_for(what, condition)
  check(vim.wait(PATIENCE, condition, 10), "nothing came of: " .. what)
end

local function required(name)
  return check(vim.env[name], name .. " is not set; see the head of compiler.lua")
end

local devika = vim.fs.abspath(required("DEVIKA_BIN"))
local scripted_model = vim.fs.abspath(required("SCRIPTED_MODEL_BIN"))
local pyright = vim.fs.abspath(required("PYRIGHT"))
local folder = vim.fs.abspath(required("ARTEFACTS")) .. "/neovim-compiler"
local project, home = folder .. "/project", folder .. "/home"
vim.opt.runtimepath:append(vim.fs.dirname(vim.fs.abspath(debug.getinfo(1, "S").source:sub(2))) .. "/../../../extension/neovim")

local function write(path, text)
  vim.fn.mkdir(vim.fs.dirname(path), "p")
  vim.fn.writefile(vim.split(text, "\n"), path, "b")
end

local function read(path)
  return table.concat(vim.fn.readfile(path, "b"), "\n")
end

local function git(...)
  local ran = vim.system({ "git", ... }, { cwd = project, text = true }):wait()
  check(ran.code == 0, ran.stderr)
  return vim.trim(ran.stdout)
end

--- A model that writes a mistake, and mends it only when it is told what Pyright says.
local function replies()
  local plan = vim.fn.json_encode({
    monologue = "One function.", kind = "code", reply = "I will add it.", focus = "double",
    question = "", queries = {}, verify = {},
    steps = { { text = "Add double()", files = { "numbers_of_ours.py" } } },
  })
  local code = function(text)
    return ("Commit: Add double()\n\nFile: `numbers_of_ours.py`\n```python\n%s```\n"):format(text)
  end
  return {
    { text = plan },
    { text = code(WRONG) },
    { text = code(RIGHT), when = '"twise" is not defined' },
  }
end

local function start_model()
  write(folder .. "/script.json", vim.json.encode(replies()))
  local url
  vim.fn.jobstart({ scripted_model, "--script", folder .. "/script.json" }, {
    on_stdout = function(_, lines) url = url or lines[1]:match("^listening on (.+)$") end,
  })
  wait_for("the model's address", function() return url end)
  return url
end

local function build_world()
  vim.fn.delete(folder, "rf")
  write(project .. "/main.py", "print('main')\n")
  vim.env.HOME = home
  write(home .. "/.gitconfig", "[user]\n\tname = A User\n\temail = user@example.org\n")
  git("init", "--quiet", "--initial-branch", "main")
  git("add", ".")
  git("commit", "--quiet", "--message", "Begin")
  vim.env.DEVIKA_HOME = home .. "/devika"
  local config = vim.env.DEVIKA_HOME .. "/config.toml"
  write(config, ('[models]\ndefault = "scripted/model"\n[providers.scripted]\nkind = "openai"\nbase_url = "%s"\n'):format(start_model()))
  vim.fn.setfperm(config, "rw-------")
end

local messages = {}

local function said(pattern)
  return vim.iter(messages):any(function(text) return text:find(pattern, 1, true) ~= nil end)
end

local function attach()
  vim.cmd("filetype on")
  local show = vim.lsp.handlers["window/showMessage"]
  vim.lsp.handlers["window/showMessage"] = function(err, params, context)
    table.insert(messages, params.message)
    return show(err, params, context)
  end
  vim.ui.select = function(items, options, choose)
    for index, item in ipairs(items) do
      if (options.format_item or tostring)(item):match("Allow") then return choose(item, index) end
    end
    choose(nil)
  end
  local requests = require("devika.requests")
  vim.lsp.config("devika", {
    cmd = { devika, "lsp" },
    root_markers = { ".git" },
    capabilities = requests.capabilities(),
    handlers = requests.handlers(),
  })
  vim.lsp.config("pyright", {
    cmd = { pyright, "--stdio" },
    filetypes = { "python" },
    root_markers = { ".git" },
    settings = { python = { analysis = { diagnosticMode = "openFilesOnly" } } },
  })
  vim.lsp.enable({ "devika", "pyright" })
  vim.cmd.edit(project .. "/main.py")
  wait_for("both servers to start", function()
    local clients = vim.lsp.get_clients({ bufnr = 0 })
    return #clients == 2 and clients[1].initialized and clients[2].initialized
  end)
  return vim.lsp.get_clients({ name = "devika" })[1]
end

local function run()
  build_world()
  local client = attach()
  local task = { title = "Devika", command = "devika.task.start", arguments = { { prompt = "Add double()" } } }
  client:exec_cmd(task, { bufnr = 0 })
  wait_for("the end of the task", function() return said("is completed") or said("failed") end)
  check(said("is completed"), "the task failed")
  check(read(project .. "/numbers_of_ours.py") == RIGHT, "the mistake is still there")
  check(git("log", "-1", "--format=%s") == "feat: add double()", "the commit")
  check(git("show", "HEAD:numbers_of_ours.py") .. "\n" == RIGHT, "the mistake is committed")
  client:stop()
  wait_for("the server to end", function() return client:is_stopped() end)
end

local ok, problem = xpcall(run, function(problem)
  return type(problem) == "string" and not problem:find("%.lua:%d") and problem or debug.traceback(problem)
end)
if not ok then
  io.stderr:write(("FAILED: %s\nmessages: %s\n"):format(problem, vim.inspect(messages)))
  io.stderr:write(("the client's log: %s\n"):format(vim.lsp.log.get_filename()))
  vim.cmd("cquit 1")
end
io.stderr:write("Neovim: ok\n")
vim.cmd("qall!")
