--- `:Devika`: its subcommands, and what completes them.

local session = require("devika.session")
local story_of = require("devika.story")
local words = require("devika.words")

local M = {}

local is_wired = false

--- Lets the views hear of the tasks, once.
function M.wire()
  if is_wired then return end
  is_wired = true
  for _, name in ipairs({ "window", "asks", "endings", "status" }) do session.add(require("devika." .. name)) end
end

local function number(text)
  local id = tonumber(text)
  return id and id == math.floor(id) and id or nil
end

--- Asks for words where none were given; calls `done` where there are any.
local function with_words(given, prompt, done)
  if given ~= "" then return done(given) end
  vim.ui.input({ prompt = prompt .. " " }, function(text)
    if text and vim.trim(text) ~= "" then done(vim.trim(text)) end
  end)
end

--- Calls `done` with the task that is meant: the one named, else the only one that fits, else the one that
--- the user chooses.
local function with_task(given, title, fits, done)
  local id = number(given)
  if id then return done(id) end
  if given and given ~= "" then return vim.notify(("Devika: `%s` is no number of a task"):format(given), vim.log.levels.ERROR) end
  session.execute("devika.task.list", {}, function(tasks)
    local fitting = vim.tbl_filter(fits, tasks)
    if #fitting == 0 then return vim.notify("Devika: there is no such task here.") end
    if #fitting == 1 then return done(fitting[1].id) end
    vim.ui.select(fitting, {
      prompt = "Devika: " .. title,
      kind = "devika",
      format_item = function(task) return ("%s (%s)"):format(words.title(task), task.state) end,
    }, function(task)
      if task then done(task.id) end
    end)
  end)
end

local function is_running(task) return story_of.is_active(task.state) end
local function has_ended(task) return not is_running(task) end
local function can_resume(task) return vim.list_contains({ "interrupted", "paused", "failed" }, task.state) end
local function any() return true end

--- What a selection adds to a prompt: where it is.
local function place(range)
  if not range then return "" end
  local root = require("devika.client").root()
  local path = vim.api.nvim_buf_get_name(0)
  if vim.startswith(path, root .. "/") then path = path:sub(#root + 2) end
  return ("\n\n(About `%s`, lines %d to %d.)"):format(path, range[1], range[2])
end

--- A subcommand that starts a task. `git` is where it works, where that is not as configured.
local function start(mode, git)
  return function(given, range)
    local where = place(range)
    with_words(given, "What is to be done?", function(prompt)
      local options = require("devika.options").all()
      session.execute("devika.task.start", {
        prompt = prompt .. where, mode = mode or options.mode, git = git, root = vim.uri_from_fname(require("devika.client").root()),
      })
    end)
  end
end

--- A subcommand that has the server do something with a task.
local function about(name, title, fits)
  return function(given)
    with_task(given, title, fits, function(task) session.execute("devika.task." .. name, { task = task }) end)
  end
end

local function diff(given)
  local task_text, step_text = given:match("^(%S*)%s*(%S*)$")
  with_task(task_text, "which task's diff?", any, function(task)
    local story = session.story(task)
    if story and story.ask and story.ask.kind == "edits" then
      return require("devika.review").show(task, story.project, story.ask.text, true)
    end
    session.execute("devika.task.show", { task = task }, function(view)
      session.execute("devika.task.diff", { task = task, step = number(step_text) }, function(reply)
        require("devika.review").show(task, view.project, reply.diff)
      end)
    end)
  end)
end

local function discard(given)
  with_task(given, "discard which task?", has_ended, function(task)
    vim.ui.select({ "Keep it", "Discard it" }, {
      prompt = ("Devika: take all of task %d back, and delete its branch?"):format(task), kind = "devika",
    }, function(choice)
      if choice == "Discard it" then session.execute("devika.task.discard", { task = task }) end
    end)
  end)
end

local function restore(given)
  with_task(given, "restore a checkpoint of which task?", has_ended, function(task)
    session.execute("devika.task.checkpoints", { task = task }, function(checkpoints)
      if #checkpoints == 0 then
        return vim.notify("Devika: nothing is kept of this task: it ran no commands, or they are too long ago.")
      end
      vim.ui.select(vim.fn.reverse(checkpoints), {
        prompt = "Devika: which checkpoint? What is there now is kept first",
        kind = "devika",
        format_item = function(one) return ("%s, %s"):format(words.one_line(one.about), os.date("%Y-%m-%d %H:%M", one.at)) end,
      }, function(one)
        if one then session.execute("devika.task.restore", { task = task, checkpoint = one.name }) end
      end)
    end)
  end)
end

local function resume(given)
  local task_text, budget = given:match("^(%S*)%s*(%S*)$")
  with_task(task_text, "resume which task?", can_resume, function(task)
    session.execute("devika.task.resume", { task = task, budget = budget ~= "" and budget or nil })
  end)
end

local function tasks(given)
  with_task(given, "tasks", any, function(task)
    require("devika.window").open(true)
    session.show(task)
  end)
end

local function model(given)
  local root = vim.uri_from_fname(require("devika.client").root())
  local function select(name)
    session.execute("devika.model.select", { model = name, root = root }, function()
      vim.notify(name == vim.NIL and "Devika: the configuration decides on the model." or ("Devika: %s does the tasks of this folder."):format(name))
    end)
  end
  if given ~= "" then return select(given) end
  session.execute("devika.model.list", { root = root }, function(offers)
    if #offers == 0 then return vim.notify("Devika: no model can be asked; :checkhealth devika says what is missing.", vim.log.levels.WARN) end
    vim.ui.select(vim.list_extend(offers, { { forget = true } }), {
      prompt = "Devika: which model?",
      kind = "devika",
      format_item = function(offer)
        if offer.forget then return "As the configuration says" end
        local context = type(offer.context) == "number" and (" · %s tokens of context"):format(words.short(offer.context)) or ""
        return ("%s%s/%s%s"):format(offer.current and "✓ " or "  ", offer.provider, offer.model, context)
      end,
    }, function(offer)
      if offer then select(offer.forget and vim.NIL or offer.provider .. "/" .. offer.model) end
    end)
  end)
end

local function steer(given)
  with_words(given, "What is to be added?", function(text)
    local function say(task) session.execute("devika.task.steer", { task = task, text = text }) end
    local story = story_of.foremost(session.stories())
    if story and is_running(story) then return say(story.id) end
    with_task(nil, "say it to which task?", can_resume, say)
  end)
end

local function toggle()
  local window = require("devika.window")
  if window.is_open() then return window.close() end
  window.open(true)
  require("devika.client").connect(function(client, problem)
    if not client then return vim.notify("Devika: " .. problem, vim.log.levels.ERROR) end
    session.recall_last(client)
  end)
end

local function is_of(name)
  return function(task)
    if name == "running" then return is_running(task) end
    if name == "resumable" then return can_resume(task) end
    return has_ended(task)
  end
end

--- The subcommands: `{ what it does, what completes its argument }`.
M.SUBCOMMANDS = {
  run = { start() },
  plan = { start("plan") },
  beside = { start(nil, "worktree") },
  stop = { about("cancel", "stop which task?", is_running), is_of("running") },
  pause = { about("pause", "pause which task?", is_running), is_of("running") },
  resume = { resume, is_of("resumable") },
  steer = { steer },
  tasks = { tasks, any },
  diff = { diff, any },
  undo = { about("undo", "undo which task?", has_ended), is_of("ended") },
  redo = { about("redo", "redo which task?", has_ended), is_of("ended") },
  restore = { restore, is_of("ended") },
  accept = { about("accept", "accept which task?", has_ended), is_of("ended") },
  discard = { discard, is_of("ended") },
  push = { about("push", "push which task's branch?", has_ended), is_of("ended") },
  pullrequest = { about("pullRequest", "a pull request for which task?", has_ended), is_of("ended") },
  answer = { function(given) require("devika.asks").answer(given ~= "" and given or nil) end },
  approve = { function(given) require("devika.asks").approve(given ~= "" and given or nil) end, function() return require("devika.asks").SAID end },
  model = { model },
  report = { about("open", "read which task?", any), any },
  doctor = { function() vim.cmd("checkhealth devika") end },
  log = { function() require("devika.log").show() end },
  window = { toggle },
}

--- Carries out a subcommand, given as words.
function M.execute(arguments, range)
  M.wire()
  local name = arguments[1]
  if not name then return toggle() end
  local subcommand = M.SUBCOMMANDS[name]
  if not subcommand then
    return vim.notify(("Devika: there is no `%s`; :help devika-commands names them all"):format(name), vim.log.levels.ERROR)
  end
  subcommand[1](table.concat(arguments, " ", 2), range)
end

--- Carries out `:Devika`.
function M.run(command)
  local name, rest = command.args:match("^(%S+)%s*(.*)$")
  local range = command.range > 0 and { command.line1, command.line2 } or nil
  M.execute(name and { name, rest ~= "" and rest or nil } or {}, range)
end

local function starting_with(lead, all)
  return vim.tbl_filter(function(one) return vim.startswith(one, lead) end, all)
end

--- Completes `:Devika`, from what is known without asking the server.
function M.complete(lead, line)
  local name = line:match("Devika!?%s+(%S+)%s")
  if not name then
    local names = vim.tbl_keys(M.SUBCOMMANDS)
    table.sort(names)
    return starting_with(lead, names)
  end
  local fits = M.SUBCOMMANDS[name] and M.SUBCOMMANDS[name][2]
  if not fits then return {} end
  if name == "approve" then return starting_with(lead, fits()) end
  local fitting = vim.tbl_filter(fits, session.stories())
  return starting_with(lead, vim.tbl_map(function(story) return tostring(story.id) end, fitting))
end

return M
