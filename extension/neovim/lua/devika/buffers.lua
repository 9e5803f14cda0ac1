--- Buffers of files: loaded without questions to the user, and compared with what is on disk.

local M = {}

--- The time and size of each buffer's file when it was last read or written, as far as that was seen.
local seen = {}

--- Buffers whose file changed on disk since, and how: `changed` or `deleted`.
local news = {}

local group

local function stamp(buffer)
  local stat = vim.uv.fs_stat(vim.api.nvim_buf_get_name(buffer))
  return stat and { stat.mtime.sec, stat.mtime.nsec, stat.size } or nil
end

--- Whether a buffer holds what is on disk.
local function is_as_on_disk(buffer)
  local ok, lines = pcall(vim.fn.readfile, vim.api.nvim_buf_get_name(buffer))
  return ok and vim.deep_equal(lines, vim.api.nvim_buf_get_lines(buffer, 0, -1, false))
end

--- Remembers what each buffer's file was like when it was read or written, from now on.
function M.watch()
  if group then return end
  group = vim.api.nvim_create_augroup("devika.buffers", {})
  vim.api.nvim_create_autocmd({ "BufReadPost", "BufWritePost" }, {
    group = group,
    callback = function(event)
      -- To write a copy is no news of the buffer's own file.
      if vim.fs.normalize(event.match) ~= vim.fs.normalize(vim.api.nvim_buf_get_name(event.buf)) then return end
      seen[event.buf], news[event.buf] = stamp(event.buf), nil
    end,
  })
  vim.api.nvim_create_autocmd({ "BufUnload", "BufFilePost" }, {
    group = group,
    callback = function(event) seen[event.buf], news[event.buf] = nil, nil end,
  })
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buffer) and is_as_on_disk(buffer) then seen[buffer] = stamp(buffer) end
  end
end

--- Looks at the disk as Neovim does, which reads a buffer without unsaved changes again where
--- 'autoread' says so, but asks nobody. Returns what it found.
local function check_time(buffer)
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
  return ({ deleted = "deleted", conflict = "changed", changed = "changed" })[reason]
end

--- What happened to a buffer's file since it was read: `changed`, `deleted`, or nothing.
function M.news_of(buffer)
  M.watch()
  if vim.bo[buffer].buftype ~= "" then return nil end
  news[buffer] = check_time(buffer) or news[buffer]
  local before, now = seen[buffer], stamp(buffer)
  if before and not now then
    news[buffer] = "deleted"
  elseif before and not vim.deep_equal(before, now) then
    -- A file of another time with the same text is no news.
    if is_as_on_disk(buffer) then
      seen[buffer], news[buffer] = now, nil
    else
      news[buffer] = "changed"
    end
  end
  return news[buffer]
end

--- Whether a swap file other than the buffer's own holds what was never saved: another Neovim has the
--- file open, or one has crashed.
local function is_unsaved_elsewhere(buffer)
  local own = vim.fn.swapname(buffer)
  if own == "" then return false end
  local folder, name = vim.fs.dirname(own), vim.fs.basename(own)
  -- Swap files of one file differ in the last two letters: `.swp`, `.swo`, and so on.
  local stem = name:sub(1, -3)
  for other in vim.fs.dir(folder) do
    local is_of_file = other ~= name and #other == #name and vim.startswith(other, stem)
    if is_of_file and vim.fn.swapinfo(folder .. "/" .. other).dirty == 1 then return true end
  end
  return false
end

--- The buffer of a document, loaded so that language servers attach to it. None, and why, where there
--- is no such file, or where another Neovim holds unsaved changes of it.
function M.load(uri)
  local path = vim.uri_to_fname(uri)
  local is_known = vim.fn.bufexists(path) == 1
  if not is_known and vim.fn.filereadable(path) == 0 then return nil, "there is no such file" end
  local buffer = vim.fn.bufadd(path)
  if vim.api.nvim_buf_is_loaded(buffer) then return buffer end
  -- Without E325, which tells of each swap file that is found, and waits until that is read.
  local shortmess = vim.o.shortmess
  vim.opt.shortmess:append("A")
  vim.cmd(("silent! call bufload(%d)"):format(buffer))
  vim.o.shortmess = shortmess
  if not vim.api.nvim_buf_is_loaded(buffer) then return nil, "Neovim cannot load it" end
  if is_unsaved_elsewhere(buffer) then
    vim.api.nvim_buf_delete(buffer, { force = true, unload = is_known })
    return nil, "another Neovim, or one that crashed, has unsaved changes of it in a swap file"
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
