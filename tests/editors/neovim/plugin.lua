-- The whole plugin with the real server: from :Devika run to accepted, by the keys and choices of a user.
--
-- run:  DEVIKA_BIN=… SCRIPTED_MODEL_BIN=… ARTEFACTS=… nvim --headless -u NONE -i NONE -c 'luafile plugin.lua'

local world = dofile(vim.fs.dirname(debug.getinfo(1, "S").source:sub(2)) .. "/world.lua")
local check, equal, wait_for = world.check, world.equal, world.wait_for

local BEFORE = 'print("Hello, world!")\n'
local HELLO = 'def greeting():\n    return "Hello, world!"\n\n\nprint(greeting())\n'
local TEST = "import unittest\n\nfrom hello import greeting\n\n\n"
  .. "class GreetingTest(unittest.TestCase):\n    def test_greets(self):\n"
  .. '        self.assertEqual(greeting(), "Hello, world!")\n'
local LOUD = HELLO .. "print(greeting().upper())\n"

local function one_step(focus, text, files, verify)
  return world.plan({
    monologue = "One step will do.", reply = "I will do it.", focus = focus, verify = verify or {},
    steps = { { text = text, files = files } },
  })
end

--- What the model says: for the first task, for one that is reviewed, for one whose plan is denied, and
--- for one that is stopped.
local function replies()
  local louder = one_step("louder", "Shout", { "hello.py" })
  return {
    { text = one_step("greeting function", "Add greeting() and its test", { "hello.py", "test_hello.py" }, { "python3 -m unittest" }) },
    { text = world.code("Add greeting() with a test", { "hello.py", HELLO }, { "test_hello.py", TEST }) },
    { text = world.plan({ kind = "ask", monologue = "Unclear.", reply = "How loud?", focus = "louder", steps = {}, question = "How loud?" }) },
    { text = louder },
    { text = world.code("Shout", { "hello.py", LOUD }) },
    { text = one_step("whisper", "Whisper", { "hello.py" }) },
    { text = louder, chunk = 20, fault = { kind = "stall", after = 3 } },
  }
end

local here = world.build("neovim-plugin", { ["hello.py"] = BEFORE }, replies())
vim.opt.runtimepath:prepend(world.plugin)
vim.cmd("filetype plugin on | runtime plugin/devika.lua")
vim.o.columns, vim.o.lines = 110, 40
vim.g.devika = { cmd = { here.devika, "lsp" }, width = 62 }

local said = {}
vim.notify = function(text) table.insert(said, text) end
local asked = world.choose_always("^Allow")
vim.ui.input = function(options, done)
  table.insert(asked, options.prompt)
  done("very")
end
world.shown = { said = said, asked = asked }

local function window() return require("devika.window") end

--- The task of this number in the plugin, once it is in this state.
local function until_it_is(task, state)
  return wait_for(("task %d to be %s"):format(task, state), function()
    local story = require("devika.session").story(task)
    return story and story.state == state and story
  end)
end

--- The lines of the side window once `part` is among them; what differs from run to run is made alike.
local function shown(part)
  local function text()
    local lines = table.concat(window().lines(), "\n")
    lines = lines:gsub("◆ %x%x%x%x%x%x%x%x", "◆ 01234567"):gsub("[%d.]+k? tokens", "N tokens")
    return (lines:gsub(" *✓ [%d.]+ m?s\n", " ✓ T\n"):gsub("· [%d.]+ m?s\n", "· T\n"))
  end
  wait_for(function() return ("`%s` in the window; there is:\n%s"):format(part, text()) end, function() return text():find(part, 1, true) end)
  return text()
end

local function nothing_but_the_command_is_loaded_at_the_start()
  local loaded = vim.tbl_filter(function(name) return vim.startswith(name, "devika") end, vim.tbl_keys(package.loaded))
  equal(loaded, {}, "modules")
  equal(vim.fn.exists(":Devika"), 2, ":Devika")
  equal(vim.fn.getcompletion("Devika ", "cmdline"), {
    "accept", "answer", "approve", "beside", "diff", "discard", "doctor", "log", "model", "pause", "plan", "pullrequest", "push",
    "redo", "report", "restore", "resume", "run", "steer", "stop", "tasks", "undo", "window",
  }, "what completes :Devika")
end

local function a_task_is_run_and_what_it_asks_is_chosen()
  vim.cmd.edit(here.project .. "/hello.py")
  vim.cmd("Devika run Put the greeting of hello.py into a function, with a test")
  until_it_is(1, "completed")
  equal(#asked, 2, "how often the user was asked")
  check(asked[1]:find("Do you trust the files in", 1, true), asked[1])
  equal(asked[2], "Devika: Run in project?  python3 -m unittest", "the second")
  equal(shown("✓ Done"), [[
Task 1                                        scripted/model
▍ Put the greeting of hello.py into a function, with a test

Plan  greeting function
✓ Add greeting() and its test
  checked by python3 -m unittest

I will do it.

$ python3 -m unittest ✓ T
~ hello.py                                             +5 -1
+ test_hello.py                                           +8
$ python3 -m unittest ✓ T
◆ 01234567 feat: add greeting() with a test

✓ Done
  2 turns · N tokens · T

  :Devika diff · accept · undo · discard]], "the window")
  equal(world.buffer_text(vim.fn.bufnr(here.project .. "/hello.py")), HELLO, "the buffer")
  equal(vim.bo[vim.fn.bufnr(here.project .. "/hello.py")].modified, false, "unsaved")
  equal(vim.api.nvim_buf_get_name(0), here.project .. "/hello.py", "where the cursor stays")
  check(require("devika").statusline():match("^✓ Devika: Done · [%d.]+k? tokens$"), require("devika").statusline())
end

local function its_diff_is_reviewed_in_diff_mode()
  vim.cmd("Devika diff 1")
  wait_for("the review", function() return #vim.api.nvim_list_tabpages() == 2 end)
  local windows = vim.api.nvim_tabpage_list_wins(0)
  local function text(index) return world.buffer_text(vim.api.nvim_win_get_buf(windows[index])) end
  equal({ #windows, vim.wo[windows[1]].diff, vim.wo[windows[2]].diff }, { 2, true, true }, "two windows in diff mode")
  equal({ text(1), text(2) }, { BEFORE, HELLO }, "hello.py before and after")
  vim.cmd("normal ]f")
  equal({ text(1), text(2) }, { "\n", TEST }, "test_hello.py before and after")
  vim.cmd("normal q")
  equal(#vim.api.nvim_list_tabpages(), 1, "tabs")
end

local function it_is_undone_and_done_again()
  vim.cmd("Devika undo")
  check(shown("The task is undone"):find([[
↶ The task is undone: hello.py, test_hello.py
  2 turns · N tokens · T

  :Devika redo · discard]], 1, true), "the end of the window")
  equal(world.read(here.project .. "/hello.py"), BEFORE, "hello.py")
  wait_for("the buffer to follow", function() return world.buffer_text(vim.fn.bufnr(here.project .. "/hello.py")) == BEFORE end)
  vim.cmd("Devika redo 1")
  shown("The task is done again")
  wait_for("the buffer to follow", function() return world.buffer_text(vim.fn.bufnr(here.project .. "/hello.py")) == HELLO end)
end

local function it_is_accepted()
  vim.cmd("Devika accept 1")
  shown("Accepted; the work is on main")
  equal(here.git("branch", "--show-current"), "main", "the branch")
  equal(here.git("show", "HEAD:hello.py") .. "\n", HELLO, "hello.py on it")
end

local function a_question_is_answered_and_edits_are_reviewed_before_they_are_made()
  vim.g.devika = vim.tbl_extend("force", vim.g.devika, { mode = "review", ask = false })
  vim.cmd("Devika run Shout")
  shown("? How loud?")
  check(said[#said]:find("Devika asks: How loud? (:Devika answer)", 1, true), said[#said])
  vim.cmd("Devika answer")
  equal(asked[#asked], "Devika asks: How loud? ", "the question")
  shown("  python3 -m unittest\n\n  a allow or deny")
  vim.cmd("Devika approve allow")
  shown("? Apply these edits?")
  equal(require("devika").statusline():match("^[^·]+"), "? Devika: Waiting for your answer ", "the status line")
  vim.cmd("Devika diff 2")
  wait_for("the review", function() return #vim.api.nvim_list_tabpages() == 2 end)
  equal(world.buffer_text(), LOUD, "what it would be")
  equal(world.read(here.project .. "/hello.py"), HELLO, "the file until then")
  vim.cmd("normal a")
  equal(asked[#asked], "Devika: Apply these edits?", "what the key asks")
  vim.cmd("normal q")
  until_it_is(2, "completed")
  equal(world.read(here.project .. "/hello.py"), LOUD, "the file")
end

local function a_plan_is_denied_and_nothing_is_changed()
  vim.cmd("Devika plan Whisper")
  shown("? Carry out this plan?")
  vim.cmd("Devika approve deny")
  wait_for("the end of the task", function()
    local story = require("devika.session").story(3)
    return story and not require("devika.story").is_active(story.state)
  end)
  equal(world.read(here.project .. "/hello.py"), LOUD, "the file")
end

local function a_task_is_stopped()
  vim.cmd("Devika run Do something else")
  until_it_is(4, "running")
  wait_for("the model to be asked", function()
    return vim.iter(require("devika.session").story(4).entries):any(function(entry) return entry.kind == "turn" end)
  end)
  vim.cmd("Devika stop")
  until_it_is(4, "cancelled")
  equal(vim.split(shown("∅ Cancelled"), "\n")[1], "✓ 1 Put the greeting of hello.py into a function, with a te…", "the first task in a line")
end

local function a_report_is_read_and_the_log_is_shown()
  vim.cmd("Devika report 1")
  wait_for("the report", function() return vim.fs.basename(vim.api.nvim_buf_get_name(0)) == "task-1.md" end)
  vim.cmd("Devika log")
  check(world.buffer_text():find("task 1: started", 1, true), "the log: " .. world.buffer_text())
  vim.cmd("silent only")
end

local function after_a_restart_the_window_shows_the_same()
  local before = shown("∅ Cancelled")
  require("devika.client").all()[1]:stop()
  local child = vim.fn.jobstart({ vim.v.progpath, "--embed", "--headless", "-u", "NONE", "-i", "NONE" }, { rpc = true })
  local function within(code, ...) return vim.rpcrequest(child, "nvim_exec_lua", code, { ... }) end
  within([[
    local plugin, file, options = ...
    vim.opt.runtimepath:prepend(plugin)
    vim.o.columns, vim.o.lines, vim.g.devika = 110, 40, options
    vim.cmd("runtime plugin/devika.lua | edit " .. file .. " | Devika")
  ]], world.plugin, here.project .. "/hello.py", vim.g.devika)
  local function text() return table.concat(within("return require('devika.window').lines()"), "\n") end
  before = before:gsub("✓ T\n", ""):gsub("N tokens.*", "")
  wait_for(function() return ("the same window; there is:\n%s\nand not\n%s"):format(text(), before) end, function()
    return text():gsub("[%d.]+k? tokens.*", "") == before
  end)
  vim.fn.jobstop(child)
end

world.run({
  { "nothing but the command is loaded at the start", nothing_but_the_command_is_loaded_at_the_start },
  { "a task is run, and what it asks is chosen", a_task_is_run_and_what_it_asks_is_chosen },
  { "its diff is reviewed in diff mode", its_diff_is_reviewed_in_diff_mode },
  { "it is undone, and done again", it_is_undone_and_done_again },
  { "it is accepted", it_is_accepted },
  { "a question is answered, and edits are reviewed before they are made", a_question_is_answered_and_edits_are_reviewed_before_they_are_made },
  { "a plan is denied, and nothing is changed", a_plan_is_denied_and_nothing_is_changed },
  { "a task is stopped", a_task_is_stopped },
  { "a report is read, and the log is shown", a_report_is_read_and_the_log_is_shown },
  { "after a restart the window shows the same", after_a_restart_the_window_shows_the_same },
})
