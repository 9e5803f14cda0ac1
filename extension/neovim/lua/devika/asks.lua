--- Questions and approvals: put to the user by `vim.ui.select` and `vim.ui.input`.

local options = require("devika.options")
local session = require("devika.session")
local words = require("devika.words")

local M = {}

--- How long no key must have been pressed before a question takes the keyboard, in milliseconds.
local REST = 1000

--- How long the side window has to show a question before it is put, in milliseconds.
local SHOWING = 100

local ALLOW = { words = "Allow", allow = true }
local FOR_TASK = { words = "Allow in this task", allow = true }
local ONCE = { words = "Allow once", allow = true, scope = "once" }
local ALWAYS = { words = "Always allow in this project", allow = true, scope = "project" }
local DENY = { words = "Deny", allow = false }
local LATER = { words = "Decide later" }

local last_key = -math.huge
local is_listening, is_asking = false, false

--- What was put to the user already, so that it is not put twice without their doing.
local offered = {}

local function now() return vim.uv.hrtime() / 1e6 end

local function listen()
  if is_listening then return end
  is_listening = true
  vim.on_key(function() last_key = now() end, vim.api.nvim_create_namespace("devika.asks"))
end

--- Whether the user is neither typing nor in the middle of a command.
local function is_at_rest()
  local mode = vim.api.nvim_get_mode()
  return mode.mode == "n" and not mode.blocking and now() - last_key >= REST and not is_asking
end

local function approve(ask, choice)
  if choice == nil or choice.allow == nil or not session.is_open(ask) then return end
  session.execute("devika.task.approve", { task = ask.task, ask = ask.id, allow = choice.allow, scope = choice.scope })
end

local function choices(ask, deny_first)
  local all = words.has_scopes(ask) and { FOR_TASK, ONCE, ALWAYS, DENY } or { ALLOW, DENY }
  -- Where nobody has asked for the question, the first choice is the one that does nothing.
  if deny_first then return vim.list_extend({ LATER }, all) end
  return vim.list_extend(all, { LATER })
end

--- Puts one ask to the user. `unasked` where they have not called for it.
local function put(ask, unasked)
  offered[ask.task .. "/" .. ask.id] = true
  is_asking = true
  if ask.kind == "question" then
    return vim.ui.input({ prompt = ("Devika asks: %s "):format(words.one_line(ask.text, 300)) }, function(answer)
      is_asking = false
      if answer and vim.trim(answer) ~= "" and session.is_open(ask) then
        session.execute("devika.task.reply", { task = ask.task, answer = vim.trim(answer) })
      end
    end)
  end
  vim.ui.select(choices(ask, unasked), {
    prompt = "Devika: " .. words.headline(ask),
    kind = "devika",
    format_item = function(choice) return choice.words end,
  }, function(choice)
    is_asking = false
    approve(ask, choice)
  end)
end

local function offer(ask)
  if not session.is_open(ask) or offered[ask.task .. "/" .. ask.id] then return end
  if is_at_rest() then return put(ask, true) end
  vim.defer_fn(function() offer(ask) end, REST / 4)
end

--- A task asks.
function M.on_ask(ask)
  listen()
  if options.all().ask then
    vim.defer_fn(function() offer(ask) end, SHOWING)
  else
    vim.notify(("Devika asks: %s (:Devika %s)"):format(words.headline(ask), ask.kind == "question" and "answer" or "approve"))
  end
end

--- The ask that is meant: the only one, or the one that the user chooses.
local function chosen(fits, none, done)
  local asks = vim.tbl_filter(fits, session.asks())
  if #asks == 0 then return vim.notify("Devika: " .. none) end
  if #asks == 1 then return done(asks[1]) end
  vim.ui.select(asks, {
    prompt = "Devika: which one?",
    kind = "devika",
    format_item = function(ask) return ("task %d: %s"):format(ask.task, words.headline(ask)) end,
  }, function(ask)
    if ask then done(ask) end
  end)
end

--- Answers what waits, with `answer` where it is a question and that is given.
function M.answer(answer)
  chosen(function() return true end, "nothing waits for you.", function(ask)
    if ask.kind ~= "question" or not answer then return put(ask) end
    session.execute("devika.task.reply", { task = ask.task, answer = answer })
  end)
end

local SAID = { allow = ALLOW, once = ONCE, always = ALWAYS, deny = DENY }

--- What `:Devika approve` takes.
M.SAID = { "allow", "once", "always", "deny" }

--- Decides on an approval: as `said`, else as the user chooses.
function M.approve(said)
  local function is_approval(ask) return ask.kind ~= "question" end
  chosen(is_approval, "no approval waits for you.", function(ask)
    if said and not SAID[said] then
      return vim.notify(("Devika: `%s` is none of %s"):format(said, table.concat(M.SAID, ", ")), vim.log.levels.ERROR)
    end
    if said then return approve(ask, SAID[said]) end
    put(ask)
  end)
end

return M
