--- Answers what the server asks of Neovim: to save buffers, to change them, and what the other language
--- servers know.

local M = {}

--- Devika is told of each change at once, so that an edit of its is never made in a text that it has
--- not seen.
M.flags = { debounce_text_changes = 0 }

--- What Neovim declares with these handlers, and `more` of Devika's own.
function M.capabilities(more)
  local own = vim.tbl_extend("force", { save = true, diagnostics = true, navigation = true }, more or {})
  return vim.tbl_deep_extend("force", vim.lsp.protocol.make_client_capabilities(), {
    experimental = { devika = own },
    -- Neovim takes them, and does not say so.
    workspace = { workspaceEdit = { documentChanges = true } },
  })
end

--- Answers `devika/save`. What could not be saved is told to the user: the server waits for them.
local function save(_, args)
  local buffers = require("devika.buffers")
  local saved = {}
  for _, uri in ipairs(args.uris) do
    local why = buffers.save(uri)
    if why then
      local name = vim.fn.fnamemodify(vim.uri_to_fname(uri), ":.")
      vim.notify(("Devika: %s is not saved: %s"):format(name, why), vim.log.levels.WARN)
    else
      table.insert(saved, uri)
    end
  end
  return { saved = saved }
end

--- What answers the server's requests, by method.
function M.handlers()
  local function of(module, name)
    return function(...) return require(module)[name](...) end
  end
  require("devika.settling").listen()
  require("devika.buffers").watch()
  return {
    ["devika/save"] = save,
    ["devika/diagnostics"] = of("devika.language_servers", "diagnostics"),
    ["devika/definition"] = of("devika.language_servers", "definition"),
    ["devika/references"] = of("devika.language_servers", "references"),
    ["devika/symbols"] = of("devika.language_servers", "symbols"),
    ["workspace/applyEdit"] = of("devika.edits", "apply"),
  }
end

return M
