-- A task in a stock Neovim, with no plugin: only vim.lsp.config and vim.lsp.enable.
--
-- run:  DEVIKA_BIN=… SCRIPTED_MODEL_BIN=… ARTEFACTS=… nvim --headless -u NONE -i NONE -c 'luafile hello.lua'
--   DEVIKA_BIN          the server
--   SCRIPTED_MODEL_BIN  the model
--   ARTEFACTS           a folder for the project and the logs
-- It ends with 0, or with 1 and what was expected. tests/editors/run does all of this.

local PATIENCE = 60000 -- milliseconds that anything may take on a busy machine

local PROMPT = "Put the greeting of hello.py into a function, with a test"
local BEFORE = 'print("Hello, world!")\n'
local HELLO = 'def greeting():\n    return "Hello, world!"\n\n\nprint(greeting())\n'
local TEST = "import unittest\n\nfrom hello import greeting\n\n\n"
  .. "class GreetingTest(unittest.TestCase):\n    def test_greets(self):\n"
  .. '        self.assertEqual(greeting(), "Hello, world!")\n'

local function check(ok, what)
  if not ok then error(what, 0) end
  return ok
end

local function equal(got, wanted, what)
  check(vim.deep_equal(got, wanted), ("%s: %s, and not %s"):format(what, vim.inspect(got), vim.inspect(wanted)))
end

--- Handles what comes from the server until `condition` holds.
local function wait_for(what, condition)
  check(vim.wait(PATIENCE, condition, 10), "nothing came of: " .. what)
end

local function required(name)
  return vim.fs.abspath(check(vim.env[name], name .. " is not set; see the head of hello.lua"))
end

local function write(path, text)
  vim.fn.mkdir(vim.fs.dirname(path), "p")
  vim.fn.writefile(vim.split(text, "\n"), path, "b")
end

local function read(path)
  return table.concat(vim.fn.readfile(path, "b"), "\n")
end

local function buffer_text()
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n") .. "\n"
end

local devika, scripted_model = required("DEVIKA_BIN"), required("SCRIPTED_MODEL_BIN")
local folder = required("ARTEFACTS") .. "/neovim"
local project, home = folder .. "/project", folder .. "/home"

local function git(...)
  local ran = vim.system({ "git", ... }, { cwd = project, text = true }):wait()
  check(ran.code == 0, ran.stderr)
  return vim.trim(ran.stdout)
end

--- A model that plans, codes, and is silent in the middle of its third answer.
local function replies()
  local plan = vim.fn.json_encode({
    monologue = "One function and one test.", kind = "code", reply = "I will add a function and a test.",
    focus = "greeting function", question = "", queries = {}, verify = { "python3 -m unittest" },
    steps = { { text = "Add greeting() and its test", files = { "hello.py", "test_hello.py" } } },
  })
  local code = ("Commit: Add greeting() with a test\n\nFile: `hello.py`\n```python\n%s```\n\nFile: `test_hello.py`\n```python\n%s```\n")
    :format(HELLO, TEST)
  return { { text = plan }, { text = code }, { text = plan, chunk = 20, fault = { kind = "stall", after = 3 } } }
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
  write(project .. "/hello.py", BEFORE)
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

local progress, messages, choices = {}, {}, {}

local function listen()
  vim.api.nvim_create_autocmd("LspProgress", {
    callback = function(event) table.insert(progress, event.data.params.value) end,
  })
  local show = vim.lsp.handlers["window/showMessage"]
  vim.lsp.handlers["window/showMessage"] = function(err, params, context)
    table.insert(messages, params.message)
    return show(err, params, context)
  end
  -- The person at the keyboard: allows whatever is asked.
  vim.ui.select = function(items, options, choose)
    table.insert(choices, options.prompt)
    for index, item in ipairs(items) do
      if (options.format_item or tostring)(item):match("Allow") then return choose(item, index) end
    end
    choose(nil)
  end
end

local function said(texts, pattern)
  return vim.iter(texts):any(function(text) return text:find(pattern, 1, true) ~= nil end)
end

local function progress_of(kind)
  return vim.iter(progress):filter(function(value) return value.kind == kind end):totable()
end

--- Executes a command of the server, as a user's mapping does, and returns its answer.
local function execute(client, name, argument)
  local answer, problem
  client:exec_cmd({ title = name, command = name, arguments = { argument } }, { bufnr = 0 }, function(err, result)
    answer, problem = result or vim.NIL, err
  end)
  wait_for(name, function() return answer or problem end)
  check(not problem, vim.inspect(problem))
  return answer
end

local function attach()
  vim.cmd("filetype on")
  vim.lsp.config("devika", { cmd = { devika, "lsp" }, root_markers = { ".git" } })
  vim.lsp.enable("devika")
  vim.cmd.edit(project .. "/hello.py")
  wait_for("the server to attach", function() return vim.lsp.get_clients({ bufnr = 0 })[1] end)
  local client = vim.lsp.get_clients({ bufnr = 0 })[1]
  wait_for("the server to start", function() return client.initialized end)
  return client
end

local function a_task_changes_buffers_and_is_committed(client)
  local task = execute(client, "devika.task.start", { prompt = PROMPT }).task

  wait_for("the edit in the buffer", function() return buffer_text() == HELLO end)
  check(#progress_of("begin") >= 1, "no progress began")
  wait_for("the hint to save", function() return said(messages, "hello.py") end)
  vim.cmd.write()

  wait_for("the end of the task", function() return said(messages, "is completed") end)
  wait_for("the end of the progress", function() return #progress_of("end") == #progress_of("begin") end)
  check(said(choices, "python3 -m unittest"), "the command was not asked for: " .. vim.inspect(choices))
  check(#progress_of("report") >= 1, "no progress was reported")
  equal(read(project .. "/hello.py"), HELLO, "hello.py")
  equal(read(project .. "/test_hello.py"), TEST, "test_hello.py")
  equal(vim.bo.modified, false, "unsaved")
  equal(git("log", "-1", "--format=%s"), "feat: add greeting() with a test", "the commit")
  equal(git("show", "--format=", "--name-only", "HEAD"), "hello.py\ntest_hello.py", "its files")
  vim.cmd("silent undo")
  equal(buffer_text(), BEFORE, "the buffer after one undo")
  vim.cmd("silent redo")
  check(git("branch", "--show-current"):match("^devika/"), "the commit is not on a branch of Devika's own")
  check(git("log", "-1", "--format=%(trailers)"):find("Devika-Task: " .. task, 1, true), "no trailer")
end

local function a_task_is_cancelled(client)
  local ended = #progress_of("end")
  local task = execute(client, "devika.task.start", { prompt = "Do something else" }).task
  wait_for("the progress of the second task", function() return #progress_of("begin") > ended end)
  execute(client, "devika.task.cancel", { task = task })
  wait_for("the end of its progress", function() return #progress_of("end") > ended end)
  local listed = vim.iter(execute(client, "devika.task.list", vim.empty_dict())):find(function(one) return one.id == task end)
  equal(listed.state, "cancelled", "the task's state")
end

local function run()
  build_world()
  listen()
  local client = attach()
  a_task_changes_buffers_and_is_committed(client)
  a_task_is_cancelled(client)
  client:stop()
  wait_for("the server to end", function() return client:is_stopped() end)
end

local ok, problem = xpcall(run, function(problem)
  return type(problem) == "string" and not problem:find("%.lua:%d") and problem or debug.traceback(problem)
end)
if not ok then
  io.stderr:write(("FAILED: %s\nmessages: %s\nchoices: %s\n"):format(problem, vim.inspect(messages), vim.inspect(choices)))
  io.stderr:write(("the client's log: %s\n"):format(vim.lsp.log.get_filename()))
  vim.cmd("cquit 1")
end
io.stderr:write("Neovim: ok\n")
vim.cmd("qall!")
