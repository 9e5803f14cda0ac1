--- Offering a folder that Devika made, such as a repository that it cloned.

local await = require("devika.await")

local M = {}

local HERE, TAB, NO = "Open it here", "Open it in a new tab", "No"

--- Answers `devika/openFolder`, for as long as the user likes.
function M.offer(params)
  local path = vim.uri_to_fname(params.uri)
  local choice = await.await(function(done)
    vim.ui.select({ HERE, TAB, NO }, { prompt = ("Devika: %s is ready."):format(path), kind = "devika" }, done)
  end)
  if choice ~= HERE and choice ~= TAB then return { opened = false } end
  if choice == TAB then vim.cmd.tabnew() end
  vim.cmd.tcd(vim.fn.fnameescape(path))
  vim.cmd.edit(vim.fn.fnameescape(path))
  return { opened = true }
end

return M
