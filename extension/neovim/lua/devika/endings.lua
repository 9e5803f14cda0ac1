--- A message when a task ends, where the side window does not tell it.

local story_of = require("devika.story")
local words = require("devika.words")

local M = {}

local LEVEL = { completed = vim.log.levels.INFO, failed = vim.log.levels.ERROR, paused = vim.log.levels.WARN, cancelled = vim.log.levels.INFO }

--- What of a task's doings may have changed files under buffers that hold them.
local CHANGES_FILES = { completed = true, failed = true, undone = true, accepted = true, discarded = true }

--- Has buffers without unsaved changes read their files again, where 'autoread' says so.
local function read_again(project)
  if not vim.o.autoread then return end
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    local is_clean = vim.api.nvim_buf_is_loaded(buffer) and not vim.bo[buffer].modified and vim.bo[buffer].buftype == ""
    if is_clean and vim.startswith(vim.api.nvim_buf_get_name(buffer), project .. "/") then
      pcall(vim.cmd, "silent checktime " .. buffer)
    end
  end
end

function M.on_event(story, record)
  if CHANGES_FILES[record.event] then read_again(story.project) end
  if not story_of.is_ending(record) or require("devika.window").is_open() then return end
  local text = record.summary or record.reason or record.text or ""
  local said = ("Devika: %s: %s. %s"):format(words.title(story), words.standing(story):lower(), words.one_line(text, 200))
  vim.notify(vim.trim(said), LEVEL[record.event])
end

return M
