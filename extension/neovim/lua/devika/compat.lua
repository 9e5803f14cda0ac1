--- What Neovim 0.10 and 0.11 call differently.

local M = {}

M.is_new = vim.fn.has("nvim-0.11") == 1

--- What an answer that failed is marked with. Neovim 0.10 asserts that it knows the code, and does not know
--- that of failed requests.
M.REQUEST_FAILED = vim.lsp.protocol.ErrorCodes.RequestFailed or vim.lsp.protocol.ErrorCodes.InternalError

--- The clients that fit, those included that are not ready yet.
function M.clients(filter)
  return vim.lsp.get_clients(vim.tbl_extend("force", { _uninitialized = true }, filter or {}))
end

function M.request(client, method, params, handler, buffer)
  if M.is_new then return client:request(method, params, handler, buffer) end
  return client.request(method, params, handler, buffer)
end

function M.cancel(client, request)
  if M.is_new then return client:cancel_request(request) end
  return client.cancel_request(request)
end

function M.supports(client, method, buffer)
  if M.is_new then return client:supports_method(method, buffer) end
  return client.supports_method(method, { bufnr = buffer })
end

function M.is_stopped(client)
  if M.is_new then return client:is_stopped() end
  return client.is_stopped()
end

--- The byte of a line that a character is at; the line's end where it is behind it.
function M.byte_at(line, encoding, character)
  if encoding == "utf-8" then return math.min(character, #line) end
  if M.is_new then return vim.str_byteindex(line, encoding, character, false) end
  local ok, byte = pcall(vim.str_byteindex, line, character, encoding == "utf-16")
  return ok and byte or #line
end

--- The character of a line that a byte is at.
function M.character_at(line, encoding, byte)
  if encoding == "utf-8" then return byte end
  if M.is_new then return vim.str_utfindex(line, encoding, byte, false) end
  local utf32, utf16 = vim.str_utfindex(line, byte)
  return encoding == "utf-16" and utf16 or utf32
end

return M
