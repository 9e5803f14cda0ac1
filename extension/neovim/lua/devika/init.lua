--- Devika, an autonomous software engineer, in Neovim. `:help devika` tells how to use it.

local M = {}

--- What |devika.statusline()| answers; kept up to date by the events.
M.status = ""

--- Takes options, as `vim.g.devika` does; see |devika-options|. Needed by nobody who sets none.
function M.setup(options) vim.g.devika = options or vim.empty_dict() end

--- What Devika does at the moment, for 'statusline': nothing, or such as `● Devika: Writing code · $0.02`.
function M.statusline() return M.status end

return M
