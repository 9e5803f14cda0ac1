--- The client of Devika's server: how it is configured, found and started.

local compat = require("devika.compat")
local options = require("devika.options")

local M = {}

local NAME = "devika"

--- How long the server may take to start, in milliseconds.
local START_TIME = 15000

--- What waits for a client to be ready, by its id.
local waiting = {}

local group

local function ready(client)
  local all = waiting[client.id] or {}
  waiting[client.id] = nil
  for _, done in ipairs(all) do done(client) end
end

--- Gives a client the buffers of files below its folder, now and as they are opened.
local function attach(client, buffer)
  local root = client.config.root_dir
  local name = vim.api.nvim_buf_get_name(buffer)
  local is_file = vim.api.nvim_buf_is_loaded(buffer) and vim.bo[buffer].buftype == "" and name ~= ""
  if is_file and root and vim.startswith(name, root .. "/") then vim.lsp.buf_attach_client(buffer, client.id) end
end

local function attach_all(client)
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do attach(client, buffer) end
end

local function listen()
  if group then return end
  group = vim.api.nvim_create_augroup("devika.client", {})
  vim.api.nvim_create_autocmd({ "BufReadPost", "BufNewFile", "BufFilePost" }, {
    group = group,
    callback = function(event)
      for _, client in ipairs(M.all()) do attach(client, event.buf) end
    end,
  })
  vim.api.nvim_create_autocmd("LspAttach", {
    group = group,
    callback = function(event)
      local client = vim.lsp.get_client_by_id(event.data.client_id)
      if client and client.name == NAME then ready(client) end
    end,
  })
end

local function handlers()
  local function session(name)
    return function(_, params, context) return require("devika.session")[name](params, context.client_id) end
  end
  return vim.tbl_extend("force", require("devika.requests").handlers(), {
    ["devika/event"] = session("take"),
    ["devika/openFolder"] = function(_, params) return require("devika.folders").offer(params) end,
    ["window/logMessage"] = function(_, params) require("devika.log").add(params) end,
  })
end

--- The configuration, as `vim.lsp.config` takes it.
function M.config()
  local set = options.all()
  local config = {
    name = NAME,
    cmd = set.cmd,
    capabilities = require("devika.requests").capabilities({ events = true, folders = true, asks = true }),
    handlers = handlers(),
    flags = require("devika.requests").flags,
    init_options = {
      trusted = set.trusted,
      codeLens = set.code_lens,
      config = next(set.config) and set.config or vim.empty_dict(),
    },
    on_init = function(client)
      listen()
      vim.schedule(function()
        attach_all(client)
        ready(client)
      end)
    end,
    on_exit = function(_, _, id)
      vim.schedule(function()
        local all = waiting[id] or {}
        waiting[id] = nil
        for _, done in ipairs(all) do done(nil, "Devika's server has ended; :checkhealth devika says more") end
        require("devika.session").gone(id)
      end)
    end,
  }
  -- Every file of a repository, and nothing else: elsewhere `:Devika run` names the folder.
  if compat.is_new then
    config.root_dir = function(buffer, begin)
      local root = vim.fs.root(buffer, ".git")
      if root then begin(root) end
    end
  end
  return config
end

--- The clients that run.
function M.all()
  return vim.tbl_filter(function(client) return not compat.is_stopped(client) end, compat.clients({ name = NAME }))
end

--- The repository of the file in a buffer.
local function repository(buffer)
  local is_file = vim.bo[buffer].buftype == "" and vim.api.nvim_buf_get_name(buffer) ~= ""
  return is_file and vim.fs.root(buffer, ".git") or nil
end

--- The folder that a command is about: the repository of the file in this window, or in the last one
--- where this shows none, such as the side window; else the working folder.
function M.root()
  local last = vim.fn.winbufnr(vim.fn.winnr("#"))
  local here = vim.fn.getcwd()
  return repository(0) or (last > 0 and repository(last)) or vim.fs.root(here, ".git") or here
end

local function start(root)
  local config = M.config()
  if compat.is_new then
    -- What the user has put over it with `vim.lsp.config`.
    config = vim.deepcopy(vim.lsp.config[NAME] or config)
    config.root_dir = root
    return vim.lsp.start(config, { attach = false, silent = true })
  end
  config.root_dir = root
  return vim.lsp.start_client(config)
end

--- Calls `done` with the client of the folder that a command is about, which is started where it does not
--- run; or with nothing and why.
function M.connect(done)
  local root = M.root()
  local client = vim.iter(M.all()):find(function(one) return one.config.root_dir == root end)
  if client and client.initialized then return done(client) end
  local id = client and client.id or start(root)
  if not id then
    local cmd = options.all().cmd[1]
    return done(nil, ("Devika's server cannot be started: is `%s` installed? :checkhealth devika says more"):format(cmd))
  end
  local is_open = true
  local function once(...)
    if is_open then
      is_open = false
      done(...)
    end
  end
  waiting[id] = waiting[id] or {}
  table.insert(waiting[id], once)
  vim.defer_fn(function() once(nil, "Devika's server does not answer; :checkhealth devika says more") end, START_TIME)
end

--- Has the server execute a command. `done` gets what it answers, or nothing and why.
function M.execute(client, name, args, done)
  local params = { command = name, arguments = { next(args) and args or vim.empty_dict() } }
  local is_sent = compat.request(client, "workspace/executeCommand", params, function(problem, result)
    if problem then return done(nil, problem.message or tostring(problem)) end
    done(result == nil and vim.NIL or result)
  end, 0)
  if not is_sent then done(nil, "Devika's server has ended") end
end

return M
