--- The review: what a task changed, or wants to change, file by file in Neovim's own diff mode.

local patch = require("devika.patch")

local M = {}

--- The reviews that are open, by the tab page.
local reviews = {}

--- A buffer that shows lines and cannot be changed.
local function scratch(name, lines, path)
  local buffer = vim.fn.bufadd(name)
  vim.fn.bufload(buffer)
  vim.bo[buffer].buftype, vim.bo[buffer].bufhidden, vim.bo[buffer].swapfile = "nofile", "wipe", false
  vim.bo[buffer].modifiable = true
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  vim.bo[buffer].modifiable = false
  local filetype = path and vim.filetype.match({ filename = path, buf = buffer })
  if filetype then vim.bo[buffer].syntax = filetype end
  return buffer
end

--- The lines of a file as the editor has them, else the disk; none of a file that is not there.
local function lines_of(path)
  if vim.fn.bufloaded(path) == 1 then return vim.api.nvim_buf_get_lines(vim.fn.bufadd(path), 0, -1, false) end
  local ok, lines = pcall(vim.fn.readfile, path)
  return ok and lines or {}
end

--- Both sides of a file: `{ before, after }` as lines, or nothing where the file has changed since.
local function sides(review, file)
  local path = review.project .. "/" .. (review.is_proposed and (file.old or file.new) or (file.new or file.old))
  local is_gone = review.is_proposed and not file.old or not review.is_proposed and not file.new
  local now = is_gone and {} or lines_of(path)
  local other = patch.apply(now, file.hunks, not review.is_proposed)
  if not other then return nil end
  return review.is_proposed and { now, other } or { other, now }
end

local function title(review, file)
  local name = file.new or file.old
  if file.old and file.new and file.old ~= file.new then name = file.old .. " → " .. file.new end
  local decide = review.is_proposed and "a allow or deny   " or ""
  return ((" %s  %d/%d   ]f [f file   ]c [c change   %sq close"):format(name, review.at, #review.files, decide):gsub("%%", "%%%%"))
end

local move

local function keys(buffer, is_proposed)
  local function map(key, act, what) vim.keymap.set("n", key, act, { buffer = buffer, nowait = true, desc = "Devika: " .. what }) end
  map("]f", function() move(1) end, "next file")
  map("[f", function() move(-1) end, "file before")
  map("q", function() M.close() end, "close the review")
  if is_proposed then map("a", function() require("devika.asks").approve() end, "allow or deny the edits") end
end

--- Shows a buffer in a window of the review.
local function show(review, window, buffer, bar, is_diff)
  vim.api.nvim_win_set_buf(window, buffer)
  vim.wo[window].winbar = bar
  vim.api.nvim_win_call(window, function() vim.cmd(is_diff and "diffthis" or "diffoff") end)
  keys(buffer, review.is_proposed)
end

local function draw(review)
  local file = review.files[review.at]
  local both = sides(review, file)
  local name = ("devika://%d/%%s/%d/%s"):format(review.task, review.at, file.new or file.old)
  if #review.windows == 1 and both then
    vim.api.nvim_win_call(review.windows[1], function() vim.cmd("rightbelow vsplit") end)
    review.windows[2] = vim.fn.win_getid(vim.fn.winnr("$"))
  end
  if not both then
    -- The files are not what they were; the diff itself is.
    if review.windows[2] then vim.api.nvim_win_close(table.remove(review.windows), true) end
    local buffer = scratch(name:format("diff"), vim.split(review.diff, "\n"))
    vim.bo[buffer].filetype = "diff"
    show(review, review.windows[1], buffer, " The files have changed since; this is the diff as it was   q close", false)
    return
  end
  local path = file.new or file.old
  show(review, review.windows[1], scratch(name:format("before"), both[1], path), " before", true)
  show(review, review.windows[2], scratch(name:format("after"), both[2], path), title(review, file), true)
  vim.api.nvim_set_current_win(review.windows[2])
  pcall(vim.cmd, "normal! gg]c")
end

function move(by)
  local review = reviews[vim.api.nvim_get_current_tabpage()]
  if not review or not review.files[review.at + by] then return end
  review.at = review.at + by
  draw(review)
end

--- Closes the review of this tab page.
function M.close()
  local tab = vim.api.nvim_get_current_tabpage()
  if not reviews[tab] then return end
  reviews[tab] = nil
  if #vim.api.nvim_list_tabpages() > 1 then vim.cmd.tabclose() else vim.cmd("silent! only | enew") end
end

--- Shows a diff of a task: of what it changed, or where `is_proposed`, of what it wants to change.
function M.show(task, project, diff, is_proposed)
  local files = patch.parse(diff)
  if #files == 0 then return vim.notify(("Devika: task %d has changed nothing."):format(task)) end
  vim.cmd.tabnew()
  vim.bo.bufhidden = "wipe"
  local review = {
    task = task, project = project, diff = diff, files = files, at = 1, is_proposed = is_proposed or false,
    windows = { vim.api.nvim_get_current_win() },
  }
  reviews[vim.api.nvim_get_current_tabpage()] = review
  draw(review)
end

return M
