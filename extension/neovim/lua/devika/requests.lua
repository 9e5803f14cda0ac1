--- Answers what the server asks of Neovim: to save buffers, and what the other language servers know.
---
---   vim.lsp.config("devika", {
---     cmd = { "devika", "lsp" }, root_markers = { ".git" },
---     capabilities = require("devika.requests").capabilities(),
---     handlers = require("devika.requests").handlers(),
---   })

local M = {}

--- What Neovim declares with these handlers.
function M.capabilities()
  local own = { save = true, diagnostics = true, navigation = true }
  return vim.tbl_deep_extend("force", vim.lsp.protocol.make_client_capabilities(), {
    experimental = { devika = own },
  })
end

--- The buffer of a document, loaded so that language servers attach to it; none where there is no file.
local function loaded(uri)
  local path = vim.uri_to_fname(uri)
  local buffer = vim.fn.bufnr(path)
  if buffer == -1 and vim.fn.filereadable(path) == 0 then return nil end
  buffer = vim.uri_to_bufnr(uri)
  if not vim.api.nvim_buf_is_loaded(buffer) then
    vim.fn.bufload(buffer)
    -- A buffer that is loaded and not shown has no file type of its own accord.
    local filetype = vim.filetype.match({ buf = buffer })
    if filetype then vim.bo[buffer].filetype = filetype end
  end
  return buffer
end

--- Waits until nothing was reported for `settle` milliseconds, for `limit` at the most.
local function settle(settle_ms, limit_ms)
  local last, begin = vim.uv.now(), vim.uv.now()
  local heard = vim.api.nvim_create_autocmd("DiagnosticChanged", {
    callback = function() last = vim.uv.now() end,
  })
  vim.wait(limit_ms, function() return vim.uv.now() - math.max(last, begin) >= settle_ms end, 20)
  vim.api.nvim_del_autocmd(heard)
end

--- Whether a language server other than Devika looks at the buffer.
local function is_watched(buffer)
  for _, client in ipairs(vim.lsp.get_clients({ bufnr = buffer })) do
    if client.name ~= "devika" then return true end
  end
  return false
end

local function diagnostics(_, args)
  local watched = false
  for _, uri in ipairs(args.uris) do
    local buffer = loaded(uri)
    watched = watched or (buffer ~= nil and is_watched(buffer))
  end
  -- Where nobody looks, there is nothing to wait for. A server that has been started just now, or has a
  -- new text, is given three times the silence to begin.
  if watched and args.settleMillis > 0 then
    settle(3 * args.settleMillis, args.limitMillis)
  end
  local errors = {}
  for _, found in ipairs(vim.diagnostic.get(nil, { severity = vim.diagnostic.severity.ERROR })) do
    if vim.api.nvim_buf_is_valid(found.bufnr) then
      table.insert(errors, {
        uri = vim.uri_from_bufnr(found.bufnr),
        line = found.lnum,
        message = found.message,
        source = found.source,
      })
    end
  end
  return { errors = errors }
end

--- Asks the other language servers of a buffer, and collects what they answer.
local function ask(buffer, method, params)
  local answers = vim.lsp.buf_request_sync(buffer, method, params, 3000) or {}
  local found = {}
  for id, answer in pairs(answers) do
    local client = vim.lsp.get_client_by_id(id)
    local result = answer.result
    if client and client.name ~= "devika" and type(result) == "table" then
      vim.list_extend(found, vim.islist(result) and result or { result })
    end
  end
  return found
end

local function place_of(found)
  local range = found.targetSelectionRange or found.range or found.location.range
  local uri = found.targetUri or found.uri or found.location.uri
  return { uri = uri, line = range.start.line, character = range.start.character }
end

local function places(method)
  return function(_, args)
    local buffer = loaded(args.uri)
    if not buffer then return { places = {} } end
    local found = ask(buffer, method, {
      textDocument = { uri = args.uri },
      position = { line = args.line, character = args.character },
      context = { includeDeclaration = true },
    })
    return { places = vim.tbl_map(place_of, found) }
  end
end

local function symbols(_, args)
  local found = {}
  for _, client in ipairs(vim.lsp.get_clients()) do
    if client.name ~= "devika" and client:supports_method("workspace/symbol") then
      local answer = client:request_sync("workspace/symbol", { query = args.query }, 3000)
      for _, symbol in ipairs(answer and answer.result or {}) do
        if symbol.location.range then
          table.insert(found, vim.tbl_extend("force", { name = symbol.name }, place_of(symbol)))
        end
      end
    end
  end
  return { symbols = found }
end

local function save(_, args)
  local saved = {}
  for _, uri in ipairs(args.uris) do
    local buffer = loaded(uri) or vim.uri_to_bufnr(uri)
    local path = vim.api.nvim_buf_get_name(buffer)
    vim.fn.mkdir(vim.fs.dirname(path), "p")
    local ok = pcall(vim.api.nvim_buf_call, buffer, function() vim.cmd("silent write") end)
    if ok then table.insert(saved, uri) end
  end
  return { saved = saved }
end

--- What answers the server's requests, by method.
function M.handlers()
  return {
    ["devika/save"] = save,
    ["devika/diagnostics"] = diagnostics,
    ["devika/definition"] = places("textDocument/definition"),
    ["devika/references"] = places("textDocument/references"),
    ["devika/symbols"] = symbols,
  }
end

return M
