--- What Devika does at the moment, for a status line.

local session = require("devika.session")
local story_of = require("devika.story")
local words = require("devika.words")

local M = {}

local ICON = { waiting = "?", running = "●", queued = "○", completed = "✓", failed = "✗", paused = "‖", interrupted = "‖", cancelled = "∅" }

local function text()
  local story = story_of.foremost(session.stories())
  if not story then return "" end
  local spent = words.spent(story.usage)
  local icon = story.ask and "?" or ICON[story.state]
  return ("%s Devika: %s%s"):format(icon, words.one_line(words.standing(story), 40), spent and " · " .. spent or "")
end

--- Draws the status lines anew where there is something new to say.
function M.on_change()
  local devika = require("devika")
  local now = text():gsub("%%", "%%%%")
  if devika.status == now then return end
  devika.status = now
  vim.cmd.redrawstatus({ bang = true })
end

return M
