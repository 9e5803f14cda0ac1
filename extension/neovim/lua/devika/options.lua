--- What the user has set, in `vim.g.devika` or by `require("devika").setup`, over what is usual.

local M = {}

local USUAL = {
  --- What starts the server.
  cmd = { "devika", "lsp" },
  --- Whether the folders that Neovim works in are trusted without asking.
  trusted = false,
  --- Whether the server has code lenses, which `vim.lsp.codelens` shows.
  code_lens = false,
  --- Keys of Devika's own configuration, over those of its file.
  config = vim.empty_dict(),
  --- `plan`, `review` or `auto`; as Devika is configured where absent.
  mode = nil,
  --- Cells of the side window; two fifths of the screen, 44 to 72, where absent.
  width = nil,
  --- Whether the side window opens when a task begins.
  open = true,
  --- Whether a question is put at once (`vim.ui.select`), when the keyboard is at rest.
  ask = true,
}

local KINDS = { cmd = "table", trusted = "boolean", code_lens = "boolean", config = "table", mode = "string", width = "number", open = "boolean", ask = "boolean" }

--- The names of all options, sorted.
M.NAMES = vim.tbl_keys(KINDS)
table.sort(M.NAMES)

--- The options, and what is wrong with those that the user has set.
function M.all()
  local set, wrong = vim.g.devika or {}, {}
  local options = vim.deepcopy(USUAL)
  for name, value in pairs(set) do
    if not KINDS[name] then
      table.insert(wrong, ("`%s` is no option; see :help devika-options"):format(name))
    elseif type(value) ~= KINDS[name] then
      table.insert(wrong, ("`%s` must be a %s"):format(name, KINDS[name]))
    else
      options[name] = value
    end
  end
  table.sort(wrong)
  return options, wrong
end

return M
