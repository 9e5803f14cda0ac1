-- Every :Devika that plugin.lua has not: pausing, saying more, models, pushing, discarding; and what is seen.
--
-- run:  DEVIKA_BIN=… SCRIPTED_MODEL_BIN=… ARTEFACTS=… nvim --headless -u NONE -i NONE -c 'luafile commands.lua'

local world = dofile(vim.fs.dirname(debug.getinfo(1, "S").source:sub(2)) .. "/world.lua")
local check, equal, wait_for = world.check, world.equal, world.wait_for

local BEFORE = 'print("Hello, world!")\n'
local AFTER = 'import sys\n\nprint("Hello, %s!" % (sys.argv[1:] or ["world"])[0])\n'
local BYE = 'print("Bye!")\n'

local here = world.build("neovim-commands", { ["hello.py"] = BEFORE }, {
  { text = world.plan({
    monologue = "An argument will do.", reply = "I will greet whom you name.", focus = "greeting by name",
    steps = { { text = "Take the name from the command line", files = { "hello.py" } } }, verify = { "python3 hello.py" },
  }) },
  { text = world.code("Greet by name", { "hello.py", AFTER }) },
  { text = world.plan({
    monologue = "One line.", reply = "I will say bye.", focus = "saying bye",
    steps = { { text = "Say bye", files = { "bye.py" } } }, verify = { "python3 bye.py" },
  }) },
  { text = world.code("Say bye", { "bye.py", BYE }) },
})
vim.opt.runtimepath:prepend(world.plugin)
vim.cmd("filetype plugin on | runtime plugin/devika.lua")
vim.o.columns, vim.o.lines = 104, 36
vim.o.laststatus, vim.o.statusline = 3, " %t%=%{%v:lua.require'devika'.statusline()%} "
vim.g.devika = { cmd = { here.devika, "lsp" }, width = 48, ask = false }

local said = {}
vim.notify = function(text) table.insert(said, text) end
world.shown = { said = said }

local function until_it_is(state, task)
  wait_for("the task to be " .. state, function()
    local story = require("devika.session").story(task or 1)
    return story and story.state == state
  end)
end

local function until_told(part) wait_for(("the message `%s`"):format(part), function() return world.said(said, part) end) end

--- Until the task asks again: it goes on a moment before that.
local function until_the_server_waits()
  local state
  wait_for("the task to wait", function()
    require("devika.session").execute("devika.task.list", {}, function(tasks) state = tasks[1].state end)
    return state == "waiting"
  end)
end

--- Until the task has asked so often to run its command.
local function until_asked_to_run(times)
  wait_for("the question", function()
    local asked = vim.tbl_filter(function(text) return text:find("Run in project?  python3 hello.py", 1, true) end, said)
    return #asked == times
  end)
end

local function lines() return table.concat(require("devika.window").lines(), "\n") end

local function until_shown(part)
  wait_for(function() return ("`%s` in the window; there is:\n%s"):format(part, lines()) end, function() return lines():find(part, 1, true) end)
end

--- The screen as a person sees it.
local function screen()
  vim.cmd.redraw()
  local rows = {}
  for row = 1, vim.o.lines - vim.o.cmdheight do
    local cells = {}
    for column = 1, vim.o.columns do table.insert(cells, vim.fn.screenstring(row, column)) end
    table.insert(rows, (table.concat(cells):gsub("%s+$", "")))
  end
  return table.concat(rows, "\n")
end

local function a_range_tells_the_task_which_lines_it_is_about()
  vim.cmd.edit(here.project .. "/hello.py")
  vim.cmd("1Devika run Greet whom I name")
  until_shown("(About `hello.py`, lines 1 to 1.)")
end

local function a_task_is_paused_told_more_and_goes_on_with_its_question()
  until_told("(:Devika approve)")
  vim.cmd("Devika pause")
  until_shown(":Devika resume")
  vim.cmd("Devika steer The name comes from the command line")
  until_shown("▍ The name comes from the command line")
  vim.cmd("Devika resume")
  until_the_server_waits()
  vim.cmd("Devika approve nonsense")
  until_told("`nonsense` is none of allow, once, always, deny")
  vim.cmd("Devika approve allow")
  until_asked_to_run(1)
  vim.cmd("Devika approve once")
  -- What it has written is another program.
  until_asked_to_run(2)
  vim.cmd("Devika approve once")
  until_it_is("completed")
  equal(world.read(here.project .. "/hello.py"), AFTER, "hello.py")
end

local function the_screen_has_the_file_the_task_and_the_status_line()
  until_shown("· undo · discard")
  vim.cmd("checktime")
  local seen = screen()
  vim.fn.writefile(vim.split(seen, "\n"), world.required("ARTEFACTS") .. "/neovim-screen.txt")
  for _, part in ipairs({
    "import sys   ", "│ Devika · Done", "│ Task 1  ", "│ ▍ Greet whom I name", "│ ✓ Take the name from the command line",
    "│ ~ hello.py  ", "│ ✓ Done", " hello.py   ", "✓ Devika: Done · ",
  }) do
    check(seen:find(part, 1, true), ("no `%s` on the screen:\n%s"):format(part, seen))
  end
end

local function numbers_of_tasks_are_completed_where_they_fit()
  equal(vim.fn.getcompletion("Devika undo ", "cmdline"), { "1" }, "tasks that have ended")
  equal(vim.fn.getcompletion("Devika stop ", "cmdline"), {}, "tasks that run")
  equal(vim.fn.getcompletion("Devika approve a", "cmdline"), { "allow", "always" }, "decisions")
  equal(vim.fn.getcompletion("Devika run ", "cmdline"), {}, "prompts")
end

local function a_task_is_chosen_and_shown()
  vim.cmd("Devika window")
  equal(require("devika.window").is_open(), false, "the window")
  vim.cmd("Devika tasks 1")
  equal({ require("devika.window").is_open(), vim.bo.filetype }, { true, "devika" }, "the window")
  vim.cmd("Devika")
end

local function a_model_is_chosen_and_forgotten()
  local asked = world.choose_always("scripted/")
  vim.cmd("Devika model")
  until_told("does the tasks of this folder")
  equal(asked, { "Devika: which model?" }, "the question")
  world.choose_always("^As the configuration says$")
  vim.cmd("Devika model")
  until_told("the configuration decides on the model")
end

local function what_cannot_be_done_is_told()
  vim.cmd("Devika push 1")
  until_told("has no remote to publish to")
  vim.cmd("Devika pullrequest 1")
  vim.cmd("Devika sing")
  until_told("there is no `sing`")
  vim.cmd("Devika undo one")
  until_told("`one` is no number of a task")
  vim.cmd("Devika stop")
  until_told("there is no such task here")
  vim.cmd("Devika answer")
  until_told("nothing waits for you")
end

local function the_doctor_is_the_health_check()
  vim.cmd("Devika doctor")
  check(world.buffer_text():find("devika doctor", 1, true), world.buffer_text())
  vim.cmd("silent! tabonly | silent! only")
end

local function what_was_there_before_a_command_is_restored()
  local path = here.project .. "/hello.py"
  vim.cmd.edit(path)
  vim.api.nvim_buf_set_lines(0, 0, -1, true, { "print(1)" })
  vim.cmd("silent write")
  local asked = world.choose_always("python3 hello.py")
  vim.cmd("Devika restore 1")
  wait_for("hello.py as it was", function() return world.read(path) == AFTER end)
  equal(asked, { "Devika: which checkpoint? What is there now is kept first" }, "the question")
end

local function a_task_is_discarded_when_that_is_meant()
  vim.cmd.edit(here.project .. "/hello.py")
  world.choose_always("^Keep it$")
  vim.cmd("Devika discard 1")
  world.choose_always("^Discard it$")
  vim.cmd("Devika discard 1")
  wait_for("the end of its branch", function() return here.git("branch", "--list", "devika/*") == "" end)
  equal(here.git("branch", "--show-current"), "main", "the branch")
  wait_for("hello.py as it was", function() return world.read(here.project .. "/hello.py") == BEFORE end)
end

local function a_task_works_beside_the_files_until_it_is_accepted()
  local path = here.project .. "/bye.py"
  vim.cmd("Devika beside Write bye.py")
  wait_for("the question", function() return #require("devika.session").asks() == 1 end)
  vim.cmd("Devika approve once")
  until_it_is("completed", 2)
  equal(vim.uv.fs_stat(path), nil, "bye.py in the project")
  vim.cmd("Devika accept 2")
  wait_for("bye.py in the project", function() return vim.uv.fs_stat(path) ~= nil and world.read(path) == BYE end)
end

world.run({
  { "a range tells the task which lines it is about", a_range_tells_the_task_which_lines_it_is_about },
  { "a task is paused, told more, and goes on with its question", a_task_is_paused_told_more_and_goes_on_with_its_question },
  { "the screen has the file, the task and the status line", the_screen_has_the_file_the_task_and_the_status_line },
  { "numbers of tasks are completed where they fit", numbers_of_tasks_are_completed_where_they_fit },
  { "a task is chosen, and shown", a_task_is_chosen_and_shown },
  { "a model is chosen, and forgotten", a_model_is_chosen_and_forgotten },
  { "what cannot be done is told", what_cannot_be_done_is_told },
  { "the doctor is the health check", the_doctor_is_the_health_check },
  { "what was there before a command is restored", what_was_there_before_a_command_is_restored },
  { "a task is discarded when that is meant", a_task_is_discarded_when_that_is_meant },
  { "a task works beside the files until it is accepted", a_task_works_beside_the_files_until_it_is_accepted },
})
