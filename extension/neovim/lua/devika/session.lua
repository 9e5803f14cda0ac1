--- The tasks of this Neovim, each drawn from its events; and who is told of them.

local client_of = require("devika.client")
local story_of = require("devika.story")

local M = {}

--- Tasks that are told of when the side window opens first.
local RECALLED = 10

--- Stories by task, and the client that told each of them.
local stories, owners = {}, {}

--- Events of tasks whose beginning is not known, until it is.
local early = {}

--- Views: `on_event(story, record)` and `on_change()`.
local views = {}

local recalled = {}

function M.add(view) table.insert(views, view) end

local function tell_views(name, ...)
  for _, view in ipairs(views) do
    if view[name] then view[name](...) end
  end
end

--- The stories, the oldest first.
function M.stories()
  local all = vim.tbl_values(stories)
  table.sort(all, function(one, other) return one.id < other.id end)
  return all
end

function M.story(id) return stories[id] end

--- What waits for the user, the oldest task first.
function M.asks()
  local waiting = vim.tbl_filter(function(story) return story.ask ~= nil end, M.stories())
  return vim.tbl_map(function(story) return story.ask end, waiting)
end

--- Whether an ask still waits.
function M.is_open(ask)
  local story = stories[ask.task]
  return story ~= nil and story.ask ~= nil and story.ask.id == ask.id
end

--- Tells of a task as the server has it. What ended before is no news to anybody.
local function recall(view, client_id)
  local story = stories[view.id] or story_of.new(view.id)
  stories[view.id], owners[view.id] = story, client_id
  local waited = early[view.id] or {}
  early[view.id] = nil
  for _, record in ipairs(view.events) do story_of.tell(story, record) end
  if view.state == "interrupted" then story_of.interrupt(story) end
  for _, record in ipairs(waited) do
    if story_of.tell(story, record) then tell_views("on_event", story, record) end
  end
  tell_views("on_change")
  if story.ask then tell_views("on_ask", story.ask) end
end

local function load(id, client_id)
  local client = vim.lsp.get_client_by_id(client_id)
  if not client then return end
  client_of.execute(client, "devika.task.show", { task = id }, function(view)
    if view then recall(view, client_id) end
  end)
end

--- Takes an event.
function M.take(record, client_id)
  require("devika.command").wire()
  local story = stories[record.task]
  if not story and record.event ~= "queued" then
    local is_first = not early[record.task]
    early[record.task] = early[record.task] or {}
    table.insert(early[record.task], record)
    if is_first then load(record.task, client_id) end
    return
  end
  if not story then
    story = story_of.new(record.task)
    stories[record.task], owners[record.task] = story, client_id
  end
  if not story_of.tell(story, record) then return end
  tell_views("on_event", story, record)
  tell_views("on_change")
  if record.event == "asked" then tell_views("on_ask", story.ask) end
end

--- A client is gone; what it worked on does not go on.
function M.gone(client_id)
  for id, owner in pairs(owners) do
    if owner == client_id then story_of.interrupt(stories[id]) end
  end
  recalled[client_id] = nil
  tell_views("on_change")
end

--- Reads a task that is not known yet, and unfolds it in the window.
function M.show(id)
  require("devika.window").unfold(id)
  if stories[id] then return end
  client_of.connect(function(client, problem)
    if not client then return vim.notify("Devika: " .. problem, vim.log.levels.ERROR) end
    load(id, client.id)
  end)
end

--- Reads the last tasks of a client, once.
function M.recall_last(client)
  if recalled[client.id] then return end
  recalled[client.id] = true
  client_of.execute(client, "devika.task.list", { limit = RECALLED }, function(tasks)
    for _, task in ipairs(tasks or {}) do
      if not stories[task.id] then load(task.id, client.id) end
    end
  end)
end

--- Has the server that works on `task`, else that of the folder, execute a command. What fails is told.
function M.execute(name, args, done)
  local function answered(result, problem)
    if problem then return vim.notify("Devika: " .. problem, vim.log.levels.ERROR) end
    if done then done(result) end
  end
  local owner = args.task and owners[args.task] and vim.lsp.get_client_by_id(owners[args.task])
  if owner then return client_of.execute(owner, name, args, answered) end
  client_of.connect(function(client, problem)
    if not client then return answered(nil, problem) end
    client_of.execute(client, name, args, answered)
  end)
end

return M
