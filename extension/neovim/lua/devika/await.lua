--- Waiting inside a coroutine, with the editor free meanwhile. Neovim calls what answers a server's
--- requests in one.

local M = {}

--- Calls `begin(done)` and waits until `done` is called, for at most `limit_ms` where that is given.
--- Returns what `done` was given, and nothing where it came too late.
function M.await(begin, limit_ms)
  local thread = assert(coroutine.running(), "only a coroutine can wait")
  local is_waiting, timer = true, nil
  local function done(...)
    if not is_waiting then return end
    is_waiting = false
    if timer and not timer:is_closing() then timer:close() end
    local given, count = { ... }, select("#", ...)
    -- Later, since `done` may be called before there is anything to go on with.
    vim.schedule(function()
      local ok, problem = coroutine.resume(thread, unpack(given, 1, count))
      if not ok then error(debug.traceback(thread, problem), 0) end
    end)
  end
  if limit_ms then timer = vim.defer_fn(function() done() end, math.max(1, limit_ms)) end
  begin(done)
  return coroutine.yield()
end

--- Milliseconds of a clock that only goes forward.
function M.now() return vim.uv.hrtime() / 1e6 end

return M
