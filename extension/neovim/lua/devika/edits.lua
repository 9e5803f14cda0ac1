--- Devika's edits, looked through before the first of them is made: all of them, or none.

local buffers = require("devika.buffers")

local M = {}

local function name_of(uri) return vim.fn.fnamemodify(vim.uri_to_fname(uri), ":.") end

--- Why the text of a document cannot be changed, else nothing.
local function why_not_text(document)
  local buffer, problem = buffers.load(document.uri)
  if not buffer then return problem end
  if not vim.bo[buffer].modifiable then return "it is not 'modifiable' here" end
  local ticks = vim.api.nvim_buf_get_changedtick(buffer)
  local reason = buffers.news_of(buffer)
  if reason then return buffers.words(reason) end
  local is_read_again = vim.api.nvim_buf_get_changedtick(buffer) ~= ticks
  -- Version 0 counts, too, which Neovim's own look leaves out: it is that of a buffer just opened.
  local is_newer = type(document.version) == "number" and vim.lsp.util.buf_versions[buffer] > document.version
  if is_read_again or is_newer then return "it has changed meanwhile" end
end

local function why_not_delete(uri)
  local path = vim.uri_to_fname(uri)
  if vim.fn.bufexists(path) == 1 and vim.bo[vim.fn.bufadd(path)].modified then
    return "it has unsaved changes here"
  end
end

--- Whether a document has no line yet: it is about to be made, or its buffer is empty.
local function is_empty(uri, made)
  if made[uri] then return true end
  local buffer = vim.uri_to_bufnr(uri)
  return vim.api.nvim_buf_line_count(buffer) == 1 and vim.api.nvim_buf_get_lines(buffer, 0, 1, false)[1] == ""
end

--- Into an empty buffer, which has an end of its line already, the last end of a text is not put again.
local function without_last_end(edits)
  local last = edits[#edits]
  if last then last.newText = last.newText:gsub("\r?\n$", "") end
end

--- Makes an edit ready for Neovim. Returns why it cannot be made as a whole, else nothing.
local function prepare(edit)
  local made, renamed = {}, {}
  local function refuse(uri, why) return why and ("%s: %s"):format(name_of(uri), why) end
  for _, change in ipairs(edit.documentChanges or {}) do
    local why
    if change.kind == "create" then
      made[change.uri] = true
    elseif change.kind == "rename" then
      renamed[change.newUri] = true
    elseif change.kind == "delete" then
      why = refuse(change.uri, why_not_delete(change.uri))
    else
      local uri = change.textDocument.uri
      if not (made[uri] or renamed[uri]) then why = refuse(uri, why_not_text(change.textDocument)) end
      if not why and not renamed[uri] and is_empty(uri, made) then without_last_end(change.edits) end
    end
    if why then return why end
  end
  for uri, edits in pairs(edit.changes or {}) do
    local why = refuse(uri, why_not_text({ uri = uri }))
    if why then return why end
    if is_empty(uri, made) then without_last_end(edits) end
  end
end

--- Answers `workspace/applyEdit`.
function M.apply(_, params, context)
  local why = prepare(params.edit)
  if why then return { applied = false, failureReason = why } end
  -- Without the label, which would be printed with each edit.
  return vim.lsp.handlers["workspace/applyEdit"](nil, { edit = params.edit }, context)
end

return M
