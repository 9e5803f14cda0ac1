--- What the server says for its log.

local M = {}

--- Lines that are kept at the least, and twice as many at the most.
local MOST = 5000

local LEVELS = { "error", "warning", "info", "log", "debug" }

local lines = {}
local buffer

--- Takes a `window/logMessage`.
function M.add(params)
  for index, text in ipairs(require("devika.words").plain(params.message)) do
    local head = index == 1 and ("%s %-7s "):format(os.date("%H:%M:%S"), LEVELS[params.type] or "log") or (" "):rep(17)
    table.insert(lines, head .. text)
  end
  -- Cut seldom, since that copies all of them.
  if #lines > 2 * MOST then lines = vim.list_slice(lines, #lines - MOST + 1) end
end

--- Shows the log in a window of its own.
function M.show()
  if not buffer or not vim.api.nvim_buf_is_valid(buffer) then
    buffer = vim.api.nvim_create_buf(false, true)
    vim.api.nvim_buf_set_name(buffer, "devika://log")
  end
  vim.bo[buffer].modifiable = true
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  vim.bo[buffer].modifiable = false
  vim.cmd("botright split")
  vim.api.nvim_win_set_buf(0, buffer)
  vim.cmd("normal! G")
end

return M
