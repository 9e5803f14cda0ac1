--- Characters of a line, as each server counts them.

local compat = require("devika.compat")

local M = {}

--- How Devika's own requests count, whatever was agreed on with it for documents.
M.OWN = "utf-16"

--- The line of a document, counted from 0: from its buffer, else from its file; none where there is
--- no such line.
function M.line(uri, number)
  local path = vim.uri_to_fname(uri)
  if vim.fn.bufexists(path) == 1 then
    local buffer = vim.fn.bufadd(path)
    if vim.api.nvim_buf_is_loaded(buffer) then
      return vim.api.nvim_buf_get_lines(buffer, number, number + 1, false)[1]
    end
  end
  local ok, lines = pcall(vim.fn.readfile, path, "", number + 1)
  return ok and lines[number + 1] or nil
end

--- A character of `line` as it is counted in another encoding.
function M.convert(line, character, from, to)
  if from == to or not line then return character end
  return compat.character_at(line, to, compat.byte_at(line, from, character))
end

return M
