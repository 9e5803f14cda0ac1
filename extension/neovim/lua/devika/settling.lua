--- Waits for the editor's other language servers, which do not say when they are done with a document.

local await = require("devika.await")
local compat = require("devika.compat")

local M = {}

--- A language whose servers have spoken is given so many times the silence to speak of a document as it
--- is now. It may have nothing to say: some servers keep silent of a document without errors.
local TURNS = 4

--- The version of each buffer when it was last spoken of.
local spoken_of = {}

--- Whether anybody speaks of buffers of a file type; absent where that is not known.
local speaks = {}

local last_change = 0

--- What waits for something to be heard.
local waiting = {}

local group

local function wake()
  local all = waiting
  waiting = {}
  for _, done in ipairs(all) do done() end
end

--- Hears what language servers report, from now on.
function M.listen()
  if group then return end
  group = vim.api.nvim_create_augroup("devika.settling", {})
  vim.api.nvim_create_autocmd("DiagnosticChanged", {
    group = group,
    callback = function(event)
      last_change = await.now()
      if vim.api.nvim_buf_is_loaded(event.buf) then
        spoken_of[event.buf] = vim.lsp.util.buf_versions[event.buf]
        speaks[vim.bo[event.buf].filetype] = true
      end
      wake()
    end,
  })
  vim.api.nvim_create_autocmd({ "LspProgress", "LspAttach", "LspDetach" }, { group = group, callback = wake })
  vim.api.nvim_create_autocmd("BufUnload", {
    group = group,
    callback = function(event) spoken_of[event.buf] = nil end,
  })
end

--- Whether a client has not begun yet, or says that it is at work, such as on its index.
function M.is_busy(client) return not client.initialized or next(client.progress.pending) ~= nil end

--- The clients other than Devika that look at a buffer.
function M.watchers(buffer)
  local others = function(client) return client.name ~= "devika" and not compat.is_stopped(client) end
  return vim.tbl_filter(others, compat.clients({ bufnr = buffer }))
end

local function busy(buffers)
  for _, buffer in ipairs(buffers) do
    for _, client in ipairs(M.watchers(buffer)) do
      if M.is_busy(client) then return client.name end
    end
  end
end

--- Waits until `condition` holds, for at most `limit_ms`; it is looked at whenever something is heard.
function M.heard(condition, limit_ms)
  M.listen()
  local deadline = await.now() + limit_ms
  while not condition() do
    local left = deadline - await.now()
    if left <= 0 then return false end
    await.await(function(done) table.insert(waiting, done) end, left)
  end
  return true
end

--- Waits until the language servers have spoken of `buffers` and then been silent for `settle_ms`, for
--- at most `limit_ms`. Returns nothing, or the name of one that was still at work then.
function M.settled(buffers, settle_ms, limit_ms)
  M.listen()
  if settle_ms == 0 then return nil end
  local watched = vim.tbl_filter(function(buffer)
    return #M.watchers(buffer) > 0 or speaks[vim.bo[buffer].filetype] == true
  end, buffers)
  if #watched == 0 then return nil end
  local begin = await.now()
  local function patience(buffer)
    if spoken_of[buffer] == vim.lsp.util.buf_versions[buffer] then return settle_ms end
    local language = speaks[vim.bo[buffer].filetype]
    if language == nil then return limit_ms end
    return language and TURNS * settle_ms or settle_ms
  end
  local function due()
    if busy(watched) then return begin + limit_ms end
    local latest = math.max(begin, last_change) + settle_ms
    for _, buffer in ipairs(watched) do
      latest = math.max(latest, begin + patience(buffer))
    end
    return math.min(begin + limit_ms, latest)
  end
  local left = due() - await.now()
  while left > 0 do
    await.await(function(done) table.insert(waiting, done) end, left)
    watched = vim.tbl_filter(vim.api.nvim_buf_is_loaded, watched)
    left = due() - await.now()
  end
  for _, buffer in ipairs(watched) do
    local language = vim.bo[buffer].filetype
    if speaks[language] == nil and not busy({ buffer }) then speaks[language] = false end
  end
  return busy(watched)
end

return M
