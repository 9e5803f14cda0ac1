-- A task in a stock Neovim, with no plugin: only vim.lsp.config and vim.lsp.enable.
--
-- run:  DEVIKA_BIN=… SCRIPTED_MODEL_BIN=… ARTEFACTS=… nvim --headless -u NONE -i NONE -c 'luafile hello.lua'

local world = dofile(vim.fs.dirname(debug.getinfo(1, "S").source:sub(2)) .. "/world.lua")
local check, equal, wait_for = world.check, world.equal, world.wait_for

local PROMPT = "Put the greeting of hello.py into a function, with a test"
local BEFORE = 'print("Hello, world!")\n'
local HELLO = 'def greeting():\n    return "Hello, world!"\n\n\nprint(greeting())\n'
local TEST = "import unittest\n\nfrom hello import greeting\n\n\n"
  .. "class GreetingTest(unittest.TestCase):\n    def test_greets(self):\n"
  .. '        self.assertEqual(greeting(), "Hello, world!")\n'

--- A model that plans, codes, and is silent in the middle of its third answer.
local function replies()
  local plan = world.plan({
    monologue = "One function and one test.", reply = "I will add a function and a test.",
    focus = "greeting function", verify = { "python3 -m unittest" },
    steps = { { text = "Add greeting() and its test", files = { "hello.py", "test_hello.py" } } },
  })
  local code = world.code("Add greeting() with a test", { "hello.py", HELLO }, { "test_hello.py", TEST })
  return { { text = plan }, { text = code }, { text = plan, chunk = 20, fault = { kind = "stall", after = 3 } } }
end

local progress, messages, choices, client, here = {}, {}, {}, nil, nil

local function progress_of(kind)
  return vim.iter(progress):filter(function(value) return value.kind == kind end):totable()
end

--- Executes a command of the server, as a user's mapping does, and returns its answer.
local function execute(name, argument)
  local answer, problem
  client:exec_cmd({ title = name, command = name, arguments = { argument } }, { bufnr = 0 }, function(err, result)
    answer, problem = result or vim.NIL, err
  end)
  wait_for(name, function() return answer or problem end)
  check(not problem, vim.inspect(problem))
  return answer
end

local function it_starts_with_the_file()
  here = world.build("neovim", { ["hello.py"] = BEFORE }, replies())
  vim.api.nvim_create_autocmd("LspProgress", {
    callback = function(event) table.insert(progress, event.data.params.value) end,
  })
  messages, choices = world.hear_messages(), world.choose_always("Allow")
  world.shown = { messages = messages, choices = choices }
  vim.cmd("filetype on")
  vim.lsp.config("devika", { cmd = { here.devika, "lsp" }, root_markers = { ".git" } })
  vim.lsp.enable("devika")
  vim.cmd.edit(here.project .. "/hello.py")
  client = wait_for("the server to attach", function() return vim.lsp.get_clients({ bufnr = 0 })[1] end)
  wait_for("the server to start", function() return client.initialized end)
end

local function a_task_changes_buffers_and_is_committed()
  local task = execute("devika.task.start", { prompt = PROMPT }).task

  wait_for("the edit in the buffer", function() return world.buffer_text() == HELLO end)
  check(#progress_of("begin") >= 1, "no progress began")
  wait_for("the hint to save", function() return world.said(messages, "hello.py") end)
  vim.cmd.write()

  wait_for("the end of the task", function() return world.said(messages, "is completed") end)
  wait_for("the end of the progress", function() return #progress_of("end") == #progress_of("begin") end)
  check(world.said(choices, "python3 -m unittest"), "the command was not asked for")
  check(#progress_of("report") >= 1, "no progress was reported")
  equal(world.read(here.project .. "/hello.py"), HELLO, "hello.py")
  equal(world.read(here.project .. "/test_hello.py"), TEST, "test_hello.py")
  equal(vim.bo.modified, false, "unsaved")
  equal(here.git("log", "-1", "--format=%s"), "feat: add greeting() with a test", "the commit")
  equal(here.git("show", "--format=", "--name-only", "HEAD"), "hello.py\ntest_hello.py", "its files")
  vim.cmd("silent undo")
  equal(world.buffer_text(), BEFORE, "the buffer after one undo")
  vim.cmd("silent redo")
  check(here.git("branch", "--show-current"):match("^devika/"), "the commit is not on a branch of Devika's own")
  check(here.git("log", "-1", "--format=%(trailers)"):find("Devika-Task: " .. task, 1, true), "no trailer")
end

local function a_task_is_cancelled()
  local ended = #progress_of("end")
  local task = execute("devika.task.start", { prompt = "Do something else" }).task
  wait_for("the progress of the second task", function() return #progress_of("begin") > ended end)
  execute("devika.task.cancel", { task = task })
  wait_for("the end of its progress", function() return #progress_of("end") > ended end)
  local listed = vim.iter(execute("devika.task.list", vim.empty_dict())):find(function(one) return one.id == task end)
  equal(listed.state, "cancelled", "the task's state")
end

local function it_ends_when_it_is_told_to()
  client:stop()
  wait_for("the server to end", function() return client:is_stopped() end)
end

world.run({
  { "it starts with the file", it_starts_with_the_file },
  { "a task changes buffers and is committed", a_task_changes_buffers_and_is_committed },
  { "a task is cancelled", a_task_is_cancelled },
  { "it ends when it is told to", it_ends_when_it_is_told_to },
})
