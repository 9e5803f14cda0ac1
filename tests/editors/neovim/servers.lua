--- Language servers within Neovim itself, for tests: what they answer is a table of functions.

local world = ...

local M = {}

--- Starts a server that answers requests by `answers[method](params, reply)`. Returns the client and
--- what speaks for the server: `request(method, params)`, answered with result and error, and
--- `notify(method, params)`.
function M.start(name, options)
  local answers, server = options.answers or {}, {}
  local capabilities = vim.tbl_extend("force", { textDocumentSync = 1 }, options.capabilities or {})
  local count, is_closing = 0, false
  local function connect(dispatchers)
    server.dispatchers = dispatchers
    return {
      request = function(method, params, reply)
        count = count + 1
        local id = count
        vim.schedule(function()
          if method == "initialize" then return reply(nil, { capabilities = capabilities }) end
          if method == "shutdown" then return reply(nil, vim.NIL) end
          local answer = answers[method]
          if answer then answer(params, function(result) reply(nil, result) end) end
        end)
        return true, id
      end,
      notify = function(method, params)
        if answers[method] then answers[method](params) end
        return true
      end,
      is_closing = function() return is_closing end,
      terminate = function() is_closing = true end,
    }
  end
  local id = vim.lsp.start(vim.tbl_extend("force", {
    name = name, cmd = connect, root_dir = options.root, reuse_client = function() return false end,
  }, options.config or {}), { attach = false })
  local client = vim.lsp.get_client_by_id(id)
  world.wait_for(name .. " to start", function() return client.initialized end)

  --- What the client answers, once it does: `{ result, error }`.
  function server.ask(method, params)
    local answer
    coroutine.wrap(function() answer = { server.dispatchers.server_request(method, params) } end)()
    return function() return answer end
  end
  function server.request(method, params)
    local answer = world.wait_for("an answer to " .. method, server.ask(method, params))
    return answer[1], answer[2]
  end
  function server.notify(method, params) server.dispatchers.notification(method, params) end
  --- Says of a document what is wrong with it: a list of messages.
  function server.publish(uri, messages)
    local at = { line = 0, character = 0 }
    local function diagnostic(message)
      return { range = { start = at, ["end"] = at }, severity = 1, message = message, source = name }
    end
    server.notify("textDocument/publishDiagnostics", { uri = uri, diagnostics = vim.tbl_map(diagnostic, messages) })
  end
  --- Says that it is at work, or no more.
  function server.progress(kind)
    server.notify("$/progress", { token = "work", value = { kind = kind, title = "Indexing" } })
  end
  server.client = client
  return server
end

return M
