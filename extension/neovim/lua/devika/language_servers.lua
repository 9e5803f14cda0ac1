--- What the editor's other language servers know, for Devika, which cannot speak to them itself.

local await = require("devika.await")
local buffers = require("devika.buffers")
local compat = require("devika.compat")
local positions = require("devika.positions")
local settling = require("devika.settling")

local M = {}

--- How long others may take to answer a question about symbols, in milliseconds: less than Devika waits.
local PATIENCE = 3000

--- The answer where others are still at work: then nothing is known, which is not the same as no error.
local function incomplete(name)
  local message = ("%s is still at work; its answer would be incomplete"):format(name)
  return nil, vim.lsp.rpc.rpc_response_error(compat.REQUEST_FAILED, message)
end

local function errors()
  local found = {}
  for _, one in ipairs(vim.diagnostic.get(nil, { severity = vim.diagnostic.severity.ERROR })) do
    if vim.api.nvim_buf_is_valid(one.bufnr) and one.source ~= "devika" then
      local problem = { uri = vim.uri_from_bufnr(one.bufnr), line = one.lnum, message = one.message }
      table.insert(found, vim.tbl_extend("force", problem, { source = one.source }))
    end
  end
  return found
end

--- Answers `devika/diagnostics`.
function M.diagnostics(_, args)
  local looked_at = {}
  for _, uri in ipairs(args.uris) do
    table.insert(looked_at, (buffers.load(uri)))
  end
  local busy = settling.settled(looked_at, args.settleMillis, args.limitMillis)
  if busy then return incomplete(busy) end
  return { errors = errors() }
end

--- Asks clients, each with its own params, and waits for all of them until the deadline. Returns a list
--- of `{ client, result }`, and the name of one that did not answer in time.
local function ask(clients, method, params_for, buffer, deadline)
  local answers, open = {}, {}
  await.await(function(done)
    for _, client in ipairs(clients) do
      local is_sent, request = compat.request(client, method, params_for(client), function(_, result)
        open[client] = nil
        if type(result) == "table" then table.insert(answers, { client, result }) end
        if not next(open) then done() end
      end, buffer)
      if is_sent then open[client] = request end
    end
    if not next(open) then done() end
  end, deadline - await.now())
  local late
  for client, request in pairs(open) do
    late = client.name
    compat.cancel(client, request)
  end
  return answers, late
end

--- The clients of a list that are ready, once they are, or at the deadline; and the name of one that is
--- at work even then.
local function ready(clients, deadline)
  local function at_work()
    for _, client in ipairs(clients) do
      if settling.is_busy(client) then return client.name end
    end
  end
  settling.heard(function() return not at_work() end, deadline - PATIENCE / 2 - await.now())
  return vim.tbl_filter(function(client) return client.initialized end, clients), at_work()
end

local function place_of(found)
  local range = found.targetSelectionRange or found.range or (found.location and found.location.range)
  local uri = found.targetUri or found.uri or (found.location and found.location.uri)
  if not (range and uri) then return nil end
  return { uri = uri, line = range.start.line, character = range.start.character }
end

local function places(method)
  return function(_, args)
    local buffer = buffers.load(args.uri)
    if not buffer then return { places = {} } end
    local deadline = await.now() + PATIENCE
    local clients, at_work = ready(settling.watchers(buffer), deadline)
    clients = vim.tbl_filter(function(client) return compat.supports(client, method, buffer) end, clients)
    local line = positions.line(args.uri, args.line)
    local answers, late = ask(clients, method, function(client)
      local character = positions.convert(line, args.character, positions.OWN, client.offset_encoding)
      return {
        textDocument = { uri = args.uri },
        position = { line = args.line, character = character },
        context = { includeDeclaration = true },
      }
    end, buffer, deadline)
    local found = {}
    for _, answer in ipairs(answers) do
      local result = answer[2]
      for _, one in ipairs(vim.islist(result) and result or { result }) do
        local place = place_of(one)
        if place then table.insert(found, { uri = place.uri, line = place.line }) end
      end
    end
    if #found == 0 and (late or at_work) then return incomplete(late or at_work) end
    return { places = found }
  end
end

--- Answers `devika/definition`.
M.definition = places("textDocument/definition")

--- Answers `devika/references`.
M.references = places("textDocument/references")

--- Answers `devika/symbols`.
function M.symbols(_, args)
  local deadline = await.now() + PATIENCE
  local others = vim.tbl_filter(function(client) return client.name ~= "devika" end, compat.clients())
  local clients, at_work = ready(others, deadline)
  clients = vim.tbl_filter(function(client) return compat.supports(client, "workspace/symbol") end, clients)
  local params = function() return { query = args.query } end
  local answers, late = ask(clients, "workspace/symbol", params, nil, deadline)
  local found = {}
  for _, answer in ipairs(answers) do
    local client, result = unpack(answer)
    for _, symbol in ipairs(result) do
      local place = place_of(symbol)
      if place then
        local line = positions.line(place.uri, place.line)
        place.character = positions.convert(line, place.character, client.offset_encoding, positions.OWN)
        table.insert(found, vim.tbl_extend("force", { name = symbol.name }, place))
      end
    end
  end
  if #found == 0 and (late or at_work) then return incomplete(late or at_work) end
  return { symbols = found }
end

return M
