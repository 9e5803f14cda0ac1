--- The side window: plan, stream and approvals of the tasks, drawn from their events alone.

local draw = require("devika.draw")
local session = require("devika.session")
local story_of = require("devika.story")
local words = require("devika.words")

local M = {}

local NAME = "devika://tasks"

--- Milliseconds between two drawings: what streams in faster is drawn together.
local DRAW_EVERY = 40

--- Cells that are left free at each side.
local MARGIN = 1

local namespace = vim.api.nvim_create_namespace("devika")

local buffer, window, drawn
local is_due = false

--- What the user has unfolded, by the key of an entry or the number of a task.
local open = {}

function M.is_open() return window ~= nil and vim.api.nvim_win_is_valid(window) end

local GROUPS = {
  Title = "Title", Prompt = "Normal", Dim = "Comment", Busy = "DiagnosticInfo", Done = "DiagnosticOk",
  Failed = "DiagnosticError", Warning = "DiagnosticWarn", Ask = "DiagnosticWarn", Key = "Special",
  Code = "String", Path = "Directory", Added = "Added", Removed = "Removed", Changed = "Changed",
  Commit = "Identifier", Thought = "Comment",
}

local function define_groups()
  for name, link in pairs(GROUPS) do vim.api.nvim_set_hl(0, "Devika" .. name, { link = link, default = true }) end
end

--- The line over the window, which stays while the rest scrolls.
local function head()
  local story = story_of.foremost(session.stories())
  if not story then return " Devika" end
  local left = "Devika · " .. words.standing(story)
  local spent = words.spent(story.usage)
  local text = words.one_line(left, 200):gsub("%%", "%%%%")
  return " " .. text .. (spent and "%=" .. spent:gsub("%%", "%%%%") .. " " or "")
end

--- Puts lines into the buffer; those that stay as they are are not touched, so that cursors stay, too.
local function put(lines)
  local old = vim.api.nvim_buf_get_lines(buffer, 0, -1, false)
  local first = 1
  while first <= #old and first <= #lines and old[first] == lines[first] do first = first + 1 end
  local behind = 0
  while behind < #old - first + 1 and behind < #lines - first + 1 and old[#old - behind] == lines[#lines - behind] do
    behind = behind + 1
  end
  vim.bo[buffer].modifiable = true
  vim.api.nvim_buf_set_lines(buffer, first - 1, #old - behind, false, vim.list_slice(lines, first, #lines - behind))
  vim.bo[buffer].modifiable = false
  vim.bo[buffer].modified = false
end

local function draw_now()
  is_due = false
  if not M.is_open() then return end
  local last = vim.api.nvim_buf_line_count(buffer)
  local is_at_end = vim.api.nvim_get_current_win() ~= window or vim.api.nvim_win_get_cursor(window)[1] >= last
  drawn = draw.draw(session.stories(), vim.api.nvim_win_get_width(window) - 2 * MARGIN, open)
  put(drawn.lines)
  vim.api.nvim_buf_clear_namespace(buffer, namespace, 0, -1)
  for _, mark in ipairs(drawn.marks) do
    vim.api.nvim_buf_set_extmark(buffer, namespace, mark[1], mark[2], { end_col = mark[3], hl_group = mark[4] })
  end
  vim.wo[window].winbar = head()
  if is_at_end then vim.api.nvim_win_set_cursor(window, { vim.api.nvim_buf_line_count(buffer), 0 }) end
end

--- Draws soon.
function M.refresh()
  if is_due or not M.is_open() then return end
  is_due = true
  vim.defer_fn(draw_now, DRAW_EVERY)
end

--- What the line under the cursor is about.
function M.target()
  return drawn and drawn.targets[vim.api.nvim_win_get_cursor(0)[1]] or nil
end

--- Unfolds what is under `key`, or folds it.
function M.fold(key)
  open[key] = not open[key] or nil
  draw_now()
end

--- Unfolds a task.
function M.unfold(task)
  open[task] = true
  M.refresh()
end

local function make_buffer()
  buffer = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_name(buffer, NAME)
  vim.bo[buffer].buftype, vim.bo[buffer].bufhidden, vim.bo[buffer].swapfile = "nofile", "hide", false
  vim.bo[buffer].undolevels, vim.bo[buffer].modifiable, vim.bo[buffer].filetype = -1, false, "devika"
  require("devika.keys").map(buffer)
end

local function width() return require("devika.options").all().width or math.max(44, math.min(72, math.floor(vim.o.columns * 2 / 5))) end

--- Opens the window; the cursor goes there where `enter` is said.
function M.open(enter)
  define_groups()
  if not buffer or not vim.api.nvim_buf_is_valid(buffer) then make_buffer() end
  if not M.is_open() then
    window = vim.api.nvim_open_win(buffer, false, { split = "right", win = -1, width = width() })
    for name, value in pairs({
      number = false, relativenumber = false, signcolumn = "no", foldcolumn = "0", foldenable = false, wrap = false,
      list = false, spell = false, cursorline = false, colorcolumn = "", statuscolumn = (" "):rep(MARGIN), fillchars = "eob: ", winfixwidth = true, winfixbuf = true,
    }) do
      vim.api.nvim_set_option_value(name, value, { scope = "local", win = window })
    end
  end
  draw_now()
  if enter then vim.api.nvim_set_current_win(window) end
end

function M.close()
  if M.is_open() then vim.api.nvim_win_close(window, true) end
  window = nil
end

--- The lines as they are drawn.
function M.lines() return buffer and vim.api.nvim_buf_get_lines(buffer, 0, -1, false) or {} end

M.on_change = M.refresh

function M.on_event(_, record)
  if record.event == "queued" and require("devika.options").all().open then M.open(false) end
end

vim.api.nvim_create_autocmd({ "WinResized", "VimResized", "ColorScheme" }, {
  group = vim.api.nvim_create_augroup("devika.window", {}),
  callback = function(event)
    if event.event == "ColorScheme" then define_groups() end
    M.refresh()
  end,
})

return M
