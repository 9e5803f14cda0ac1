-- What the side window shows: events in, lines out, with no server and no window.
--
-- run:  nvim --headless -u NONE -i NONE -c 'luafile drawing.lua'

local world = dofile(vim.fs.dirname(debug.getinfo(1, "S").source:sub(2)) .. "/world.lua")
local equal = world.equal
vim.opt.runtimepath:append(world.plugin)

local draw, patch, story_of, words = require("devika.draw"), require("devika.patch"), require("devika.story"), require("devika.words")

--- A story of events, each with its number and a second later than the one before.
local function told(events, id)
  local story = story_of.new(id or 3)
  for seq, event in ipairs(events) do
    local time = ("2026-01-02T03:04:%02d.500Z"):format(seq)
    story_of.tell(story, vim.tbl_extend("force", { seq = seq, time = time, task = id or 3 }, event))
  end
  return story
end

local function lines(stories, open, width) return table.concat(draw.draw(stories, width or 44, open or {}).lines, "\n") end

local function shows(stories, wanted, open)
  equal(lines(stories, open), wanted, "the lines")
end

local QUEUED = { event = "queued", prompt = "Add a --json flag to the command line tool", project = "/home/u/tool", mode = "auto", ahead = 0 }
local STARTED = { event = "started", resumed = false }
local PLANNED = {
  event = "planned",
  plan = {
    focus = "JSON output", reply = "I will add the flag.", verify = { "pytest" },
    steps = { { text = "Add the flag and its handling to the parser", files = {} }, { text = "Test it", files = {} } },
  },
}
local USAGE = { input = 1200, cached = 0, output = 340, cost = 4200000 }

local function stage(name, step, round) return { event = "stage_started", stage = name, step = step, round = round or 1 } end

local function with(...)
  local all = { QUEUED, STARTED, PLANNED }
  return vim.list_extend(all, { ... })
end

local function nothing_yet_says_how_to_begin()
  equal(draw.draw({}, 44, {}).lines[3], "  :Devika run Add a --json flag to cli.py", "the example")
end

local function a_running_task_shows_plan_stream_and_what_it_does_now()
  local story = told(with(
    { event = "reply", text = "I will add the flag." },
    stage("code", 1),
    { event = "monologue", agent = "coder", text = "The parser is in cli.py." },
    { event = "turn_started", turn = 1, agent = "coder", model = "ollama/qwen", prompt_tokens = 900 },
    { event = "turn_delta", turn = 1, text = "File: `cli.py`\nimport json\n", reasoning = false }
  ))
  shows({ story }, [[
Task 3                           ollama/qwen
▍ Add a --json flag to the command line tool

Plan  JSON output
● Add the flag and its handling to the
  parser
○ Test it
  checked by pytest

I will add the flag.

1 Add the flag and its handling to the
  parser
… the coder writes, 27 characters
  │ File: `cli.py`
  │ import json

● Step 1/2: Writing code
  “The parser is in cli.py.”]])
end

local function work_is_shown_as_files_commands_and_commits()
  local story = told(with(
    stage("code", 1),
    { event = "edit_applied", step = 1, path = "cli.py", change = "modified", added = 12, removed = 3, diff = "" },
    { event = "edit_applied", step = 1, path = "tests/test_cli.py", change = "created", added = 8, removed = 0, diff = "" },
    { event = "command_started", command = 1, line = "pytest" },
    { event = "command_finished", command = 1, exit = { code = 1 }, output = "F\n\27[31mE assert 1 == 2\27[0m\n", millis = 1234 },
    { event = "command_started", command = 2, line = "pytest" },
    { event = "command_finished", command = 2, exit = { code = 0 }, output = "1 passed\n", millis = 900 },
    { event = "committed", step = 1, commit = "0123456789abcdef", branch = "devika/json", subject = "feat: add the flag" },
    { event = "step_finished", step = 1 },
    { event = "turn_finished", turn = 1, stop = "complete", usage = USAGE, millis = 10, model = "ollama/qwen" },
    { event = "completed", summary = "JSON can be had.\n\n- `01234567` feat: add the flag", branch = "devika/json", usage = USAGE }
  ))
  shows({ story }, [[
Task 3                           ollama/qwen
▍ Add a --json flag to the command line tool

Plan  JSON output
✓ Add the flag and its handling to the
  parser
○ Test it
  checked by pytest

1 Add the flag and its handling to the
  parser
~ cli.py                              +12 -3
+ tests/test_cli.py                       +8
$ pytest                  failed with code 1
  │ F
  │ E assert 1 == 2
$ pytest                            ✓ 900 ms
◆ 01234567 feat: add the flag

✓ JSON can be had.
  1 turn · 1.5k tokens · $0.0042 · 12.0 s

  :Devika diff · accept · undo · discard]])
end

local function what_succeeded_is_unfolded_when_it_is_wanted()
  local story = told(with(
    { event = "command_started", command = 2, line = "pytest" },
    { event = "command_finished", command = 2, exit = { code = 0 }, output = "1 passed\n", millis = 900 }
  ))
  local page = draw.draw({ story }, 44, {})
  local at = vim.iter(ipairs(page.lines)):find(function(_, line) return vim.startswith(line, "$ pytest") end)
  equal(page.targets[at], { kind = "fold", key = "3/4/command_started" }, "what the line is about")
  local unfolded = draw.draw({ story }, 44, { [page.targets[at].key] = true }).lines
  equal(unfolded[at + 1], "  │ 1 passed", "the line below")
end

local function what_waits_for_the_user_is_last()
  local story = told(with({ event = "asked", ask = 7, kind = "command", text = "Run this command in /home/u/tool?\npytest -x" }))
  local drawn = draw.draw({ story }, 44, {}).lines
  equal(table.concat(vim.list_slice(drawn, #drawn - 4), "\n"), [[
────────────────────────────────────────────
? Run this command in /home/u/tool?
  pytest -x

  a allow or deny]], "the end")
end

local function an_answer_is_kept_and_an_allowance_is_not()
  local story = told({
    QUEUED, STARTED,
    { event = "asked", ask = 7, kind = "trust", text = "Do you trust it?" }, { event = "answered", ask = 7, answer = "yes" },
    { event = "asked", ask = 8, kind = "question", text = "Which database?" }, { event = "answered", ask = 8, answer = "SQLite" },
  })
  shows({ story }, [[
Task 3                                  auto
▍ Add a --json flag to the command line tool

? Which database?                     SQLite

● Starting]])
end

local function the_foremost_task_is_whole_and_the_others_are_a_line_each()
  local done = told({ QUEUED, STARTED, { event = "completed", summary = "Done.", usage = USAGE } }, 1)
  local failed = told({ QUEUED, STARTED, { event = "failed", reason = "No model answers." } }, 2)
  shows({ done, failed, told({ QUEUED }, 3) }, [[
✓ 1 Add a --json flag to the command line t…
✗ 2 Add a --json flag to the command line t…

Task 3                                  auto
▍ Add a --json flag to the command line tool

● Starting]])
end

local function a_task_that_stopped_says_how_it_goes_on()
  local story = told({ QUEUED, STARTED, { event = "paused", reason = "budget", text = "The budget of the task is used up." } })
  shows({ story }, [[
Task 3                                  auto
▍ Add a --json flag to the command line tool

‖ The budget of the task is used up.
  1.0 s

  :Devika resume]])
end

local function what_was_asked_before_a_pause_is_asked_again_after_it()
  local story = told({
    QUEUED, STARTED, { event = "asked", ask = 7, kind = "plan", text = "…" },
    { event = "paused", reason = "question", text = "Answer it." },
  })
  equal({ story.ask, story.state }, { nil, "paused" }, "while it is paused")
  local function tell(seq, event)
    story_of.tell(story, vim.tbl_extend("force", { seq = seq, time = "2026-01-02T03:05:00.000Z", task = 3 }, event))
  end
  tell(9, { event = "started", resumed = true })
  tell(10, { event = "asked", ask = 7, kind = "plan", text = "…" })
  equal({ story.ask.id, story.state }, { 7, "waiting" }, "when it goes on")
  equal(#vim.tbl_filter(function(entry) return entry.kind == "ask" end, story.entries), 1, "how often it is shown")
end

local function events_that_are_told_twice_are_shown_once()
  local events = with({ event = "reply", text = "Once." })
  local story = told(events)
  for seq, event in ipairs(events) do
    equal(story_of.tell(story, vim.tbl_extend("force", { seq = seq, time = "2026-01-02T03:04:05.000Z", task = 3 }, event)), false, "news")
  end
  equal(select(2, lines({ story }):gsub("Once%.", "")), 1, "how often it is there")
end

local function an_undone_step_is_open_again_and_says_what_stays()
  local story = told(with(
    { event = "step_finished", step = 1 },
    { event = "completed", summary = "Done.", branch = "devika/json", usage = USAGE },
    { event = "undone", step = 1, redo = false, paths = { "cli.py" }, kept = { { path = "a.py", why = "you changed it since" } } }
  ))
  shows({ story }, [[
Task 3                                  auto
▍ Add a --json flag to the command line tool

Plan  JSON output
↶ Add the flag and its handling to the
  parser
○ Test it
  checked by pytest

✓ Done.

↶ Step 1 is undone: cli.py
! a.py stays as it is: you changed it since
  1.5k tokens · $0.0042 · 3.0 s

  :Devika diff · accept · undo · discard]])
end

local function text_of_others_can_neither_hide_nor_move_the_cursor()
  equal(words.plain("a\27[2Jb\27]0;title\7c\r\nold\rnew\7"), { "abc", "new" }, "escape sequences")
  equal(words.plain("rm \226\128\174gpj.exe"), { "rm <202e>gpj.exe" }, "a mark that turns the order")
  equal(words.one_line("日本語のテキスト", 7), "日本語…", "wide characters")
  equal(words.wrapped("- one two three", 9), { "- one two", "  three" }, "an item of a list")
  equal(words.wrapped(("x"):rep(10), 4), { "xxxx", "xxxx", "xx" }, "a long word")
end

local function no_line_is_wider_than_the_window()
  local story = told(with(
    { event = "reply", text = "日本語 " .. ("long"):rep(30) },
    { event = "edit_applied", step = 1, path = ("deep/"):rep(20) .. "x.py", change = "modified", added = 1, removed = 1, diff = "" },
    { event = "command_started", command = 1, line = ("word "):rep(30) },
    { event = "command_finished", command = 1, exit = { signal = 9 }, output = ("out "):rep(50), millis = 1 },
    { event = "page_read", address = "https://example.org/" .. ("a"):rep(90), title = ("Title "):rep(20) },
    { event = "asked", ask = 1, kind = "command", text = "Run?\n" .. ("y"):rep(200) }
  ))
  for _, width in ipairs({ 43, 60 }) do
    for _, line in ipairs(draw.draw({ story }, width, {}).lines) do
      world.check(vim.api.nvim_strwidth(line) <= width, ("%d cells: %s"):format(width, line))
    end
  end
end

local function times_are_told_across_a_change_of_year()
  equal(story_of.millis_of("1970-01-01T00:00:00.250Z"), 250, "the beginning")
  equal(story_of.millis_of("2026-11-23T07:47:29.000Z"), 1795420049000, "a day")
  equal(story_of.millis_of("2024-03-01T00:00:00Z") - story_of.millis_of("2024-02-28T00:00:00Z"), 2 * 86400000, "a leap day")
end

local DIFF = [[
--- a/a.py
+++ b/a.py
@@ -1,3 +1,3 @@
 one
-two
+zwei
 three
@@ -6 +6,2 @@
 six
+seven
--- /dev/null
+++ b/new.py
@@ -0,0 +1 @@
+first
]]

local function a_diff_is_applied_both_ways_and_only_where_it_fits()
  local files = patch.parse(DIFF .. "\nApply these edits?")
  equal({ files[1].old, files[1].new, files[2].old, files[2].new }, { "a.py", "a.py", nil, "new.py" }, "the files")
  local before = { "one", "two", "three", "four", "five", "six" }
  local after = { "one", "zwei", "three", "four", "five", "six", "seven" }
  equal(patch.apply(before, files[1].hunks), after, "forwards")
  equal(patch.apply(after, files[1].hunks, true), before, "backwards")
  equal(patch.apply({}, files[2].hunks), { "first" }, "a new file")
  equal(patch.apply({ "first" }, files[2].hunks, true), {}, "a new file taken back")
  equal(patch.apply({ "another" }, files[1].hunks), nil, "another text")
end

world.run({
  { "nothing yet says how to begin", nothing_yet_says_how_to_begin },
  { "a running task shows plan, stream and what it does now", a_running_task_shows_plan_stream_and_what_it_does_now },
  { "work is shown as files, commands and commits", work_is_shown_as_files_commands_and_commits },
  { "what succeeded is unfolded when it is wanted", what_succeeded_is_unfolded_when_it_is_wanted },
  { "what waits for the user is last", what_waits_for_the_user_is_last },
  { "an answer is kept, and an allowance is not", an_answer_is_kept_and_an_allowance_is_not },
  { "the foremost task is whole, and the others are a line each", the_foremost_task_is_whole_and_the_others_are_a_line_each },
  { "a task that stopped says how it goes on", a_task_that_stopped_says_how_it_goes_on },
  { "what was asked before a pause is asked again after it", what_was_asked_before_a_pause_is_asked_again_after_it },
  { "events that are told twice are shown once", events_that_are_told_twice_are_shown_once },
  { "an undone step is open again, and says what stays", an_undone_step_is_open_again_and_says_what_stays },
  { "text of others can neither hide nor move the cursor", text_of_others_can_neither_hide_nor_move_the_cursor },
  { "no line is wider than the window", no_line_is_wider_than_the_window },
  { "times are told across a change of year", times_are_told_across_a_change_of_year },
  { "a diff is applied both ways, and only where it fits", a_diff_is_applied_both_ways_and_only_where_it_fits },
})
