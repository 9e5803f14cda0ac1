--- Buffers of files: loaded without questions to the user, and compared with what is on disk.

local M = {}

--- Buffers whose file changed on disk since they were read, and how: `changed` or `deleted`.
local news = {}

local group

local function lines_on_disk(path)
  local ok, lines = pcall(vim.fn.readfile, path)
  return ok and lines or nil
end

--- Remembers what Neovim tells of files that changed, also where the user lets that be.
function M.watch()
  if group then return end
  group = vim.api.nvim_create_augroup("devika.buffers", {})
  vim.api.nvim_create_autocmd("FileChangedShellPost", {
    group = group,
    callback = function(event)
      if not vim.api.nvim_buf_is_loaded(event.buf) then return end
      local disk = lines_on_disk(vim.api.nvim_buf_get_name(event.buf))
      local same = disk and vim.deep_equal(disk, vim.api.nvim_buf_get_lines(event.buf, 0, -1, false))
      if not same then news[event.buf] = disk and "changed" or "deleted" end
    end,
  })
  vim.api.nvim_create_autocmd({ "BufReadPost", "BufWritePost", "BufWipeout" }, {
    group = group,
    callback = function(event) news[event.buf] = nil end,
  })
end

--- What happened to a buffer's file since it was read: `changed`, `deleted`, or nothing. A buffer
--- without unsaved changes may be read again, as 'autoread' says.
function M.news_of(buffer)
  M.watch()
  if vim.bo[buffer].buftype ~= "" then return nil end
  local reason
  local heard = vim.api.nvim_create_autocmd("FileChangedShell", {
    buffer = buffer,
    callback = function()
      reason = vim.v.fcs_reason
      vim.v.fcs_choice = ""
    end,
  })
  pcall(vim.cmd, "silent checktime " .. buffer)
  pcall(vim.api.nvim_del_autocmd, heard)
  if reason == "deleted" then news[buffer] = "deleted" end
  if reason == "conflict" or reason == "changed" then news[buffer] = "changed" end
  return news[buffer]
end

--- Loads a buffer where a swap file of it may be found: without a question, and without a word.
--- Returns whether that swap file holds what was never saved.
local function load_quietly(buffer)
  local is_dirty = false
  local found = vim.api.nvim_create_autocmd("SwapExists", {
    callback = function()
      local swap = vim.fn.swapinfo(vim.v.swapname)
      is_dirty = is_dirty or swap.dirty ~= 0
      vim.v.swapchoice = "e"
    end,
  })
  local ok, problem = pcall(vim.fn.bufload, buffer)
  vim.api.nvim_del_autocmd(found)
  return is_dirty, not ok and tostring(problem) or nil
end

--- The buffer of a document, loaded so that language servers attach to it. None, and why, where there
--- is no such file, or where another Neovim holds unsaved changes of it.
function M.load(uri)
  local path = vim.uri_to_fname(uri)
  local is_known = vim.fn.bufexists(path) == 1
  if not is_known and vim.fn.filereadable(path) == 0 then return nil, "there is no such file" end
  local buffer = vim.fn.bufadd(path)
  if vim.api.nvim_buf_is_loaded(buffer) then return buffer end
  local is_dirty, problem = load_quietly(buffer)
  if is_dirty or problem then
    vim.api.nvim_buf_delete(buffer, { force = true, unload = is_known })
    return nil, problem or "another Neovim, or one that crashed, has unsaved changes of it in a swap file"
  end
  if vim.bo[buffer].filetype == "" then
    -- A buffer that is loaded and not shown has no file type of its own accord.
    local filetype = vim.filetype.match({ buf = buffer })
    if filetype then vim.bo[buffer].filetype = filetype end
  end
  return buffer
end

--- Writes a buffer without a question. Returns why it could not be, else nothing.
local function write(buffer)
  local confirms = vim.o.confirm
  vim.o.confirm = false
  local ok, problem = pcall(vim.api.nvim_buf_call, buffer, function() vim.cmd("silent write") end)
  vim.o.confirm = confirms
  if not ok then return (tostring(problem):gsub("^.-(E%d+:)", "%1")) end
  if vim.bo[buffer].modified then return "it was not written" end
end

local WHY = {
  changed = "its file changed on disk since it was read; :edit! takes that, :write! keeps this",
  deleted = "its file is gone from the disk; :write! makes it again, :bdelete! lets it go",
}

--- What to say of news, see |M.news_of|.
function M.words(reason) return WHY[reason] end

--- Saves a document. Returns why it could not be, else nothing. What changed on disk since the buffer
--- was read is never written over: then the buffer stays as the user has it.
function M.save(uri)
  local path = vim.uri_to_fname(uri)
  local buffer = vim.fn.bufexists(path) == 1 and vim.fn.bufadd(path) or nil
  local is_there = vim.uv.fs_stat(path) ~= nil
  if not buffer or not vim.api.nvim_buf_is_loaded(buffer) then
    return not is_there and "there is no such file" or nil
  end
  local reason = M.news_of(buffer)
  if reason then return WHY[reason] end
  if is_there and not vim.bo[buffer].modified then return nil end
  if vim.bo[buffer].readonly then return "it is read-only here; :write! saves it all the same" end
  vim.fn.mkdir(vim.fs.dirname(path), "p")
  return write(buffer)
end

return M
