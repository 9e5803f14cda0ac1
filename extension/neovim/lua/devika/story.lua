--- What the events of a task tell: the model that everything is drawn from. Of the events alone, so
--- that a restart shows the same.

local M = {}

--- How much of an answer or of a command's output is kept while it arrives, in bytes.
local LIVE_LIMIT = 64 * 1024

local TERMINAL = { completed = true, failed = true, cancelled = true, paused = true }
local LIVE = { turn_delta = true, command_output = true, progress = true }

--- Whether the server works on a task in this state.
function M.is_active(state) return state == "queued" or state == "running" or state == "waiting" end

--- Whether an event ends its task.
function M.is_ending(record) return TERMINAL[record.event] == true end

--- A task of which nothing is known yet.
function M.new(id)
  return {
    id = id, prompt = "", project = "", mode = "auto", state = "queued", ahead = 0, round = 1,
    monologue = "", doing = "", steps = {}, usage = { input = 0, cached = 0, output = 0, cost = 0 },
    turns = 0, worked = 0, settled = false, last = 0, entries = {},
  }
end

--- Milliseconds since 1970 of an event's time, which is UTC.
local function millis_of(time)
  local year, month, day, hour, minute, second, fraction = time:match("^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)%.?(%d*)")
  if not year then return 0 end
  -- Days since 1970, by the calendar that never ends.
  local y = month > "02" and tonumber(year) or tonumber(year) - 1
  local m = (tonumber(month) + 9) % 12
  local days = 365 * y + math.floor(y / 4) - math.floor(y / 100) + math.floor(y / 400)
    + math.floor((153 * m + 2) / 5) + tonumber(day) - 719469
  local seconds = days * 86400 + tonumber(hour) * 3600 + tonumber(minute) * 60 + tonumber(second)
  return seconds * 1000 + math.floor((tonumber("0." .. fraction .. "0") or 0) * 1000 + 0.5)
end

M.millis_of = millis_of

local function add(story, record, entry)
  entry.key = ("%d/%d/%s"):format(record.task, record.seq, record.event)
  table.insert(story.entries, entry)
  return entry
end

--- The last entry of a kind whose field `name` is `value`.
local function last(story, kind, name, value)
  for index = #story.entries, 1, -1 do
    local entry = story.entries[index]
    if entry.kind == kind and (not name or entry[name] == value) then return entry end
  end
end

local function grown(text, more)
  text = text .. more
  return #text > LIVE_LIMIT and text:sub(-LIVE_LIMIT) or text
end

local function note(story, record, tone, text, detail)
  add(story, record, { kind = "note", tone = tone, text = text, detail = detail })
end

local function set_step(story, number, state)
  for index, step in ipairs(story.steps) do
    if not number or number == index then step.state = state end
  end
end

--- Nothing of the task is at work any more.
local function rest(story, time)
  if story.since then story.worked = story.worked + math.max(0, millis_of(time) - story.since) end
  story.since, story.ask, story.stage, story.doing = nil, nil, nil, ""
  for _, step in ipairs(story.steps) do
    if step.state == "doing" then step.state = "open" end
  end
  for _, entry in ipairs(story.entries) do
    if entry.kind == "turn" and entry.state == "running" then entry.state, entry.text = "stopped", "" end
    if entry.kind == "command" and not entry.exit then entry.stopped = true end
  end
end

local function seconds(millis) return ("%d s"):format(math.ceil(millis / 1000)) end

--- What is done at an event, by its name.
local TELL = {}

function TELL.queued(story, record)
  story.prompt, story.project, story.mode, story.ahead = record.prompt, record.project, record.mode, record.ahead
end

function TELL.started(story, record)
  story.state = "running"
  story.ahead, story.since = 0, millis_of(record.time)
  if record.resumed then note(story, record, "info", "Goes on where it stopped") end
end

function TELL.stage_started(story, record)
  local before = story.step
  story.stage, story.step, story.round, story.doing = record.stage, record.step, record.round, ""
  local step = record.step and story.steps[record.step]
  if not step then return end
  if step.state == "open" or step.state == "undone" then step.state = "doing" end
  if record.step ~= before and #story.steps > 1 then
    add(story, record, { kind = "step", step = record.step, text = step.text })
  end
end

function TELL.monologue(story, record) story.monologue = record.text end

function TELL.progress(story, record) story.doing = record.text end

function TELL.planned(story, record)
  story.focus, story.verify = record.plan.focus, record.plan.verify
  story.steps = vim.tbl_map(function(step) return { text = step.text, state = "open" } end, record.plan.steps)
end

function TELL.step_finished(story, record) set_step(story, record.step, "done") end

function TELL.turn_started(story, record)
  story.model = record.model
  add(story, record, { kind = "turn", turn = record.turn, agent = record.agent, state = "running", text = "" })
end

local function of_turn(change)
  return function(story, record)
    local turn = last(story, "turn", "turn", record.turn)
    if turn then change(turn, record, story) end
  end
end

TELL.turn_delta = of_turn(function(turn, record)
  if record.reasoning then turn.reasons = true else turn.text = grown(turn.text, record.text) end
end)

function TELL.turn_finished(story, record)
  for name, count in pairs(record.usage) do story.usage[name] = (story.usage[name] or 0) + count end
  story.turns = story.turns + 1
  if record.model and record.model ~= "" then story.model = record.model end
  of_turn(function(turn) turn.text, turn.state = "", record.stop == "length" and "cut" or "done" end)(story, record)
end

TELL.turn_failed = of_turn(function(turn, record) turn.text, turn.state, turn.error = "", "failed", record.error end)

function TELL.turn_retried(story, record)
  of_turn(function(turn) turn.text = "" end)(story, record)
  note(story, record, "warning", ("%s is asked again in %s"):format(record.model, seconds(record.wait_millis)), record.error)
end

function TELL.fell_back(story, record)
  story.model = record.to
  of_turn(function(turn) turn.text = "" end)(story, record)
  note(story, record, "warning", ("%s is asked instead of %s"):format(record.to, record.from), record.error)
end

function TELL.provider_down(story, record)
  note(story, record, "warning", ("%s keeps failing and is left alone for %s"):format(record.provider, seconds(record.wait_millis)))
end

function TELL.budget_warning(story, record)
  note(story, record, "warning", ("The budget of the %s is nearly used up"):format(record.scope))
end

function TELL.queries(story, record)
  for _, query in ipairs(record.queries) do add(story, record, { kind = "query", query = query }) end
end

function TELL.searched(story, record)
  local query = last(story, "query", "query", record.query)
  if query then query.found = record.found end
end

function TELL.page_read(story, record)
  add(story, record, { kind = "page", address = record.address, title = record.title })
end

function TELL.edit_applied(story, record)
  add(story, record, {
    kind = "change", step = record.step, path = record.path, change = record.change,
    added = record.added, removed = record.removed,
  })
end

function TELL.command_started(story, record)
  add(story, record, { kind = "command", command = record.command, line = record.line, output = "" })
end

function TELL.command_output(story, record)
  local command = last(story, "command", "command", record.command)
  if command then command.output = grown(command.output, record.text) end
end

function TELL.command_finished(story, record)
  local command = last(story, "command", "command", record.command)
  if command then command.output, command.exit, command.millis = record.output, record.exit, record.millis end
end

function TELL.committed(story, record)
  story.branch = record.branch
  add(story, record, { kind = "commit", commit = record.commit, subject = record.subject })
end

function TELL.reply(story, record) add(story, record, { kind = "says", text = record.text }) end

function TELL.asked(story, record)
  -- A task that has ended may ask, too, such as whether its work is to be published.
  if M.is_active(story.state) then story.state = "waiting" end
  story.ask = { task = story.id, project = story.project, id = record.ask, kind = record.kind, text = record.text }
  -- A task that is taken up asks again what it asked before.
  if last(story, "ask", "ask", record.ask) then return end
  add(story, record, { kind = "ask", ask = record.ask, asks = record.kind, text = record.text })
end

function TELL.answered(story, record)
  story.ask = nil
  if story.state == "waiting" then story.state = "running" end
  local ask = last(story, "ask", "ask", record.ask)
  if ask then ask.answer = record.answer end
end

function TELL.steered(story, record) add(story, record, { kind = "steer", text = record.text }) end

function TELL.complaint(story, record)
  note(story, record, "info", ("The %s's answer goes back"):format(record.agent), record.text)
end

function TELL.warning(story, record) note(story, record, "warning", record.text) end

function TELL.made(story, record) add(story, record, { kind = "made", what = record.what, place = record.place }) end

function TELL.undone(story, record)
  set_step(story, record.step, record.redo and "done" or "undone")
  if not record.step then story.undone = not record.redo end
  local what = record.step and ("Step %d"):format(record.step) or "The task"
  local files = #record.paths > 0 and table.concat(record.paths, ", ") or "no file changed"
  add(story, record, {
    kind = "afterwards", text = ("%s is %s: %s"):format(what, record.redo and "done again" or "undone", files),
    kept = record.kept or {},
  })
end

function TELL.accepted(story, record)
  story.settled = true
  add(story, record, { kind = "afterwards", text = "Accepted; the work is on " .. record.branch, kept = {} })
end

function TELL.discarded(story, record)
  story.settled = true
  add(story, record, { kind = "afterwards", text = ("Discarded; %s is checked out again"):format(record.branch), kept = {} })
end

local function finish(story, record)
  rest(story, record.time)
  story.state = record.event
  if record.event == "completed" then
    story.usage, story.branch = record.usage, record.branch or story.branch
  end
  local text = record.summary or record.reason or ""
  if record.event == "paused" then text = record.text end
  add(story, record, { kind = "ending", ending = record.event, text = text })
end

--- Tells a story one more event. Returns whether that was news.
function M.tell(story, record)
  local is_live = LIVE[record.event]
  if not is_live and record.seq <= story.last then return false end
  if not is_live then story.last = record.seq end
  if TERMINAL[record.event] then
    finish(story, record)
  elseif TELL[record.event] then
    TELL[record.event](story, record)
  end
  return true
end

--- The process of a task has ended, of which no event tells.
function M.interrupt(story)
  if not M.is_active(story.state) then return end
  rest(story, "")
  story.state = "interrupted"
end

--- The story that is looked at first: one that works or waits, else the last.
function M.foremost(stories)
  local queued
  for index = #stories, 1, -1 do
    local state = stories[index].state
    if stories[index].ask or state == "running" or state == "waiting" then return stories[index] end
    if state == "queued" then queued = queued or stories[index] end
  end
  return queued or stories[#stories]
end

return M
