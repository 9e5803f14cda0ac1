--- Words for people, made of what the server and models say.

local M = {}

local DOING = {
  decision = "Thinking", plan = "Planning", research = "Reading the web", code = "Writing code",
  apply = "Applying edits", verify = "Verifying", patch = "Repairing", commit = "Committing",
  clone = "Fetching the repository", deploy = "Putting it on the web", report = "Summing up",
}

--- Characters that hide others or turn their order: marks of direction, joiners, soft hyphens, tags.
local HIDDEN = {
  "\226\128[\139-\143\170-\174]", "\226\129[\160-\175]", "\239\187\191", "\194\173", "\216\156", "\243\160[\128-\129][\128-\191]",
}

local function revealed(character) return ("<%04x>"):format(vim.fn.char2nr(character)) end

--- A text as lines that can be shown as they are: without escape sequences, and with what hides or
--- reorders made visible.
function M.plain(text)
  text = text:gsub("\27%[[%d;:?<=>]*[ -/]*[@-~]", ""):gsub("\27%].-[\7\27]\\?", ""):gsub("\27.", "")
  text = text:gsub("\r\n", "\n"):gsub("[^\n]*\r", ""):gsub("\t", "    "):gsub("[%z\1-\9\11-\31\127]", "")
  for _, pattern in ipairs(HIDDEN) do text = text:gsub(pattern, revealed) end
  return vim.split((text:gsub("\n+$", "")), "\n", { plain = true })
end

--- At most `limit` cells of a text, on one line.
function M.one_line(text, limit)
  limit = limit or 80
  local line = vim.trim((table.concat(M.plain(text), " "):gsub("%s+", " ")))
  if vim.api.nvim_strwidth(line) <= limit then return line end
  local count = limit
  repeat
    count = count - 1
    local cut = vim.fn.strcharpart(line, 0, count)
    if vim.api.nvim_strwidth(cut) < limit then return cut .. "…" end
  until count <= 0
  return "…"
end

--- A text in lines of at most `width` cells, broken at spaces where there are any.
function M.wrapped(text, width)
  local lines = {}
  for _, whole in ipairs(M.plain(text)) do
    local first = whole:match("^%s*")
    local marker = whole:match("^%s*[-*] ") or whole:match("^%s*%d+%. ")
    local indent = (" "):rep(#(marker or first))
    local line, is_empty = first, true
    for word in whole:gmatch("%S+") do
      local longer = is_empty and line .. word or line .. " " .. word
      if not is_empty and vim.api.nvim_strwidth(longer) > width then
        table.insert(lines, line)
        longer = indent .. word
      end
      while vim.api.nvim_strwidth(longer) > width and vim.fn.strchars(longer) > 1 do
        local count = math.min(vim.fn.strchars(longer) - 1, width)
        while count > 1 and vim.api.nvim_strwidth(vim.fn.strcharpart(longer, 0, count)) > width do count = count - 1 end
        table.insert(lines, vim.fn.strcharpart(longer, 0, count))
        longer = vim.fn.strcharpart(longer, count)
      end
      line, is_empty = longer, false
    end
    table.insert(lines, is_empty and "" or line)
  end
  return lines
end

--- What a stage does, with its step and its attempt: `Step 1/2: Repairing, attempt 2`.
function M.doing(story)
  local what = DOING[story.stage] or "Starting"
  if story.round > 1 then what = ("%s, attempt %d"):format(what, story.round) end
  if not story.step or not story.stage then return what end
  if #story.steps < 2 then return what end
  return ("Step %d/%d: %s"):format(story.step, #story.steps, what)
end

local STATES = {
  interrupted = "Interrupted", paused = "Paused", completed = "Done", failed = "Failed", cancelled = "Cancelled",
}

--- Where a task stands, in a few words.
function M.standing(story)
  if story.ask then return "Waiting for your answer" end
  if STATES[story.state] then return STATES[story.state] end
  if story.state == "queued" then
    return story.ahead > 0 and ("Waiting for %s"):format(M.count(story.ahead, "earlier task")) or "Starting"
  end
  return M.doing(story)
end

--- How a command ended.
function M.exit(exit)
  if exit == "timed_out" then return "stopped at the time limit" end
  if exit == "ready" then return "started, and was stopped again" end
  if exit.limit then return "stopped at its limit of " .. exit.limit:gsub("_", " ") end
  if exit.signal then return "ended by signal " .. exit.signal end
  return exit.code == 0 and "succeeded" or "failed with code " .. exit.code
end

function M.is_success(exit) return exit == "ready" or (type(exit) == "table" and exit.code == 0) end

function M.seconds(millis)
  if millis < 1000 then return ("%d ms"):format(millis) end
  if millis < 100000 then return ("%.1f s"):format(millis / 1000) end
  return ("%d min %d s"):format(millis / 60000, millis % 60000 / 1000)
end

--- Nano-dollars as dollars, with two digits that say something.
function M.money(nanos)
  local dollars = nanos / 1e9
  if dollars == 0 or dollars >= 0.995 then return ("$%.2f"):format(dollars) end
  local digits = math.min(9, math.max(2, 1 - math.floor(math.log10(dollars))))
  return ("$%." .. digits .. "f"):format(dollars)
end

--- A count in few characters: `12.3k`.
function M.short(count)
  if count < 1000 then return tostring(count) end
  if count < 99950 then return ("%.1fk"):format(count / 1000) end
  if count < 999500 then return ("%dk"):format(math.floor(count / 1000 + 0.5)) end
  return ("%.1fM"):format(count / 1e6)
end

function M.count(count, noun) return count == 1 and "1 " .. noun or ("%d %ss"):format(count, noun) end

--- What a task has used so far: money where it cost any, else tokens; nothing at first.
function M.spent(usage)
  local tokens = usage.input + usage.output
  if tokens == 0 then return nil end
  return usage.cost > 0 and M.money(usage.cost) or M.short(tokens) .. " tokens"
end

--- A name for a task: `task 3: Write a hello world program`.
function M.title(task) return ("task %d: %s"):format(task.id, M.one_line(task.prompt, 60)) end

--- What is asked, in one line.
function M.headline(ask)
  if ask.kind == "plan" then return "Carry out this plan?" end
  if ask.kind == "edits" then return "Apply these edits?" end
  if ask.kind == "command" then
    local line = ask.text:match("\n(.*)") or ask.text
    return ("Run in %s?  %s"):format(vim.fs.basename(ask.project), M.one_line(line, 300))
  end
  if ask.kind == "finding" then return M.one_line(ask.text:match("[^\n]*"), 300) end
  return M.one_line(ask.text, 300)
end

--- Whether it can be allowed once or for good, and not only for the task.
function M.has_scopes(ask) return ask.kind == "command" or ask.kind == "host" or ask.kind == "finding" end

return M
