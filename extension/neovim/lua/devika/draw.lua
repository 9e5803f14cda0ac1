--- Draws stories as lines: a pure function of the stories, the width and what the user has unfolded.

local Page = require("devika.page")
local story_of = require("devika.story")
local words = require("devika.words")

local M = {}

--- Lines of a command's output, or of an answer, that are shown while it arrives, or where it failed.
local TAIL = 8

--- Lines of a text that are shown where it is unfolded.
local ALL = 400

--- Agents whose answers are no words for people, but structured.
local STRUCTURED = { planner = true, action = true, runner = true }

local STATE = {
  queued = { "○", "DevikaDim" }, running = { "●", "DevikaBusy" }, waiting = { "?", "DevikaAsk" },
  interrupted = { "‖", "DevikaWarning" }, paused = { "‖", "DevikaWarning" }, completed = { "✓", "DevikaDone" },
  failed = { "✗", "DevikaFailed" }, cancelled = { "∅", "DevikaDim" },
}

local STEP = {
  open = { "○", "DevikaDim" }, doing = { "●", "DevikaBusy" }, done = { "✓", "DevikaDone" }, undone = { "↶", "DevikaDim" },
}

local CHANGE = {
  created = { "+", "DevikaAdded" }, modified = { "~", "DevikaChanged" },
  deleted = { "-", "DevikaRemoved" }, renamed = { "→", "DevikaChanged" },
}

local TONE = { info = "DevikaDim", warning = "DevikaWarning", error = "DevikaFailed" }

local function tail(page, text, limit, group, target)
  local lines = words.plain(text)
  if #lines == 1 and lines[1] == "" then return end
  local left_out = #lines - limit
  if left_out > 0 then page:line({ { ("  │ … %s"):format(words.count(left_out, "line")), "DevikaDim" } }, target) end
  for index = math.max(1, left_out + 1), #lines do
    page:line({ { "  │ ", "DevikaDim" }, { words.one_line(lines[index]:gsub(" ", "\194\160"), page.width - 4):gsub("\194\160", " "), group } }, target)
  end
end

--- What is drawn for an entry, by its kind.
local ENTRY = {}

function ENTRY.says(page, entry)
  page:gap()
  local is_code = false
  for _, line in ipairs(words.wrapped(entry.text, page.width)) do
    local is_fence = line:match("^%s*```")
    if is_fence then is_code = not is_code end
    local group = (is_fence or is_code) and "DevikaCode" or (line:match("^#+ ") and "DevikaTitle") or nil
    page:line({ { line, group } })
  end
  page:gap()
end

function ENTRY.step(page, entry)
  page:gap()
  page:text(entry.text, "DevikaTitle", { ("%d "):format(entry.step), "DevikaDim" }, "  ")
end

function ENTRY.turn(page, entry)
  if entry.state == "running" then
    local size = #entry.text
    local what = size > 0 and ("the %s writes, %s characters"):format(entry.agent, words.short(size))
      or ("the %s %s"):format(entry.agent, entry.reasons and "thinks" or "is asked")
    page:line({ { "… " .. what, "DevikaDim" } })
    if size > 0 and not STRUCTURED[entry.agent] then tail(page, entry.text, TAIL, "DevikaDim") end
  elseif entry.state == "cut" then
    page:line({ { "! the answer was cut at its length limit", "DevikaWarning" } })
  elseif entry.state == "failed" then
    page:text(entry.error, "DevikaFailed", { "✗ ", "DevikaFailed" }, "  ")
  end
end

function ENTRY.query(page, entry)
  local found = entry.found and ("%d found"):format(entry.found) or "…"
  page:sides({ "⌕ " .. words.one_line(entry.query, page.width - #found - 4) }, { found, "DevikaDim" })
end

function ENTRY.page(page, entry)
  local host = entry.address:match("^%w+://([^/]+)") or entry.address
  page:line({ { "↓ ", "DevikaDim" }, words.one_line(entry.title ~= "" and entry.title or host, page.width - 2) }, { kind = "link", address = entry.address })
  page:line({ { "  " .. words.one_line(host, page.width - 2), "DevikaDim" } }, { kind = "link", address = entry.address })
end

function ENTRY.change(page, entry, story)
  local icon = CHANGE[entry.change]
  local counts = {}
  if entry.added > 0 then table.insert(counts, "+" .. entry.added) end
  if entry.removed > 0 then table.insert(counts, "-" .. entry.removed) end
  local right = table.concat(counts, " ")
  local left = words.one_line(entry.path, page.width - #right - 3)
  local gap = (" "):rep(page.width - 2 - vim.api.nvim_strwidth(left) - #right)
  page:line({
    { icon[1] .. " ", icon[2] }, { left, "DevikaPath" }, gap,
    { entry.added > 0 and counts[1] or "", "DevikaAdded" },
    #counts == 2 and " " or "",
    { entry.removed > 0 and counts[#counts] or "", "DevikaRemoved" },
  }, { kind = "file", task = story.id, project = story.project, path = entry.path })
end

function ENTRY.command(page, entry, story, open)
  local target = { kind = "fold", key = entry.key }
  local ended, group = entry.stopped and "stopped" or "…", "DevikaDim"
  if entry.exit then
    local is_success = words.is_success(entry.exit)
    ended = is_success and "✓ " .. words.seconds(entry.millis) or words.exit(entry.exit)
    group = is_success and "DevikaDone" or "DevikaFailed"
  end
  local line = words.one_line(entry.line, math.max(8, page.width - vim.api.nvim_strwidth(ended) - 3))
  page:sides({ "$ " .. line, "DevikaCode" }, { ended, group }, target)
  local is_quiet = entry.exit and words.is_success(entry.exit)
  if open[entry.key] then
    tail(page, entry.output, ALL, nil, target)
  elseif not is_quiet then
    tail(page, entry.output, TAIL, nil, target)
  end
end

function ENTRY.commit(page, entry)
  page:text(entry.subject, nil, { "◆ " .. entry.commit:sub(1, 8) .. " ", "DevikaCommit" }, "  ")
end

function ENTRY.ask(page, entry)
  -- What was allowed shows by what is done then.
  if not entry.answer or (entry.asks ~= "question" and entry.answer == "yes") then return end
  local question = entry.asks == "question" and entry.text or words.headline({ kind = entry.asks, text = entry.text, project = "" }):gsub("^Run in %?  ", "")
  local answer = words.one_line(entry.answer, 40)
  page:sides({ "? " .. words.one_line(question, page.width - vim.api.nvim_strwidth(answer) - 3), "DevikaDim" }, { answer, "DevikaDim" })
end

function ENTRY.steer(page, entry) page:text(entry.text, "DevikaPrompt", { "▍ ", "DevikaBusy" }, { "▍ ", "DevikaBusy" }) end

function ENTRY.note(page, entry, _, open)
  local target = entry.detail and { kind = "fold", key = entry.key }
  page:text(entry.text, TONE[entry.tone], { entry.tone == "info" and "· " or "! ", TONE[entry.tone] }, "  ", target)
  if entry.detail then tail(page, entry.detail, open[entry.key] and ALL or 3, "DevikaDim", target) end
end

function ENTRY.made(page, entry)
  local is_address = entry.place:match("^https?://")
  page:text(entry.place, "DevikaPath", { "★ ", "DevikaDone" }, "  ", { kind = is_address and "link" or "file", address = entry.place, path = entry.place })
end

function ENTRY.afterwards(page, entry)
  page:gap()
  page:text(entry.text, nil, { "↶ ", "DevikaDim" }, "  ")
  for _, kept in ipairs(entry.kept) do
    page:text(("%s stays as it is: %s"):format(kept.path, kept.why), "DevikaWarning", { "! ", "DevikaWarning" }, "  ")
  end
end

--- What an ending says besides what stands above it: a summary begins with the reply, and lists commits.
local function news_in(text, story)
  local kept = {}
  for line in vim.gsplit(text, "\n", { plain = true }) do
    if not line:match("^%- `%x+` ") then table.insert(kept, line) end
  end
  text = vim.trim(table.concat(kept, "\n"))
  for _, entry in ipairs(story.entries) do
    if entry.kind == "says" and vim.trim(entry.text) == text then return "" end
  end
  return text
end

function ENTRY.ending(page, entry, story)
  local icon = STATE[entry.ending]
  page:gap()
  local text = entry.ending == "completed" and news_in(entry.text, story) or entry.text
  if text == "" then text = words.standing({ state = entry.ending }) end
  page:text(text, entry.ending == "failed" and "DevikaFailed" or nil, { icon[1] .. " ", icon[2] }, "  ")
end

local function plan(page, story)
  if #story.steps == 0 then return end
  page:gap()
  page:text(story.focus or "", "DevikaTitle", { "Plan  ", "DevikaDim" }, "      ")
  for number, step in ipairs(story.steps) do
    local group = step.state == "doing" and "DevikaTitle" or (step.state ~= "done" and "DevikaDim") or nil
    local icon = STEP[step.state]
    page:text(step.text, group, { icon[1] .. " ", icon[2] }, "  ", { kind = "step", task = story.id, step = number })
  end
  for _, line in ipairs(story.verify or {}) do
    page:text("checked by " .. line, "DevikaDim", { "  ", "DevikaDim" }, "    ")
  end
end

--- What waits for the user, with the keys that answer it.
local function asks(page, story)
  local ask = story.ask
  if not ask then return end
  local target = { kind = "ask", task = story.id, ask = ask.id }
  page:gap()
  page:line({ { ("─"):rep(page.width), "DevikaAsk" } }, target)
  local shown = (ask.kind == "edits" or ask.kind == "plan") and words.headline(ask) or ask.text
  for index, line in ipairs(words.wrapped(shown, page.width - 2)) do
    page:line({ { index == 1 and "? " or "  ", "DevikaAsk" }, { line, index == 1 and "DevikaTitle" or "DevikaCode" } }, target)
  end
  page:line({ "" }, target)
  if ask.kind == "question" then
    page:line({ "  ", { "a", "DevikaKey" }, { " answer", "DevikaDim" } }, target)
  else
    local see = ask.kind == "edits" and { "   ", { "D", "DevikaKey" }, { " see the diff", "DevikaDim" } } or {}
    page:line(vim.list_extend({ "  ", { "a", "DevikaKey" }, { " allow or deny", "DevikaDim" } }, see), target)
  end
end

--- What can be done with a task that has ended.
local function choices(page, story)
  local offers = {}
  local function offer(name) vim.list_extend(offers, { #offers > 0 and " · " or "  :Devika ", { name, "DevikaKey" } }) end
  local can_resume = story.state == "failed" or story.state == "paused" or story.state == "interrupted"
  if can_resume then offer("resume") end
  if story.branch and not story.settled then
    local names = story.undone and { "redo", "discard" } or { "diff", "accept", "undo", "discard" }
    for _, name in ipairs(names) do offer(name) end
  end
  if #offers > 0 then
    page:gap()
    page:line(offers)
  end
end

local function now_doing(page, story)
  if story.ask or not story_of.is_active(story.state) then return end
  page:gap()
  page:text(words.standing(story) .. (story.doing ~= "" and ": " .. story.doing or ""), nil, { "● ", "DevikaBusy" }, "  ")
  if story.monologue ~= "" then page:text("“" .. story.monologue .. "”", "DevikaThought", "  ", "  ") end
end

local function figures(story)
  local parts = {}
  if story.turns > 0 then table.insert(parts, words.count(story.turns, "turn")) end
  local tokens = story.usage.input + story.usage.output
  if tokens > 0 then table.insert(parts, words.short(tokens) .. " tokens") end
  if story.usage.cost > 0 then table.insert(parts, words.money(story.usage.cost)) end
  if story.worked > 0 then table.insert(parts, words.seconds(story.worked)) end
  return table.concat(parts, " · ")
end

local function whole(page, story, open)
  page:sides({ ("Task %d"):format(story.id), "DevikaTitle" }, { story.model or story.mode, "DevikaDim" }, { kind = "task", task = story.id })
  page:text(story.prompt, "DevikaPrompt", { "▍ ", "DevikaBusy" }, { "▍ ", "DevikaBusy" })
  plan(page, story)
  page:gap()
  for _, entry in ipairs(story.entries) do ENTRY[entry.kind](page, entry, story, open) end
  if not story_of.is_active(story.state) then
    local text = figures(story)
    if text ~= "" then page:line({ { "  " .. text, "DevikaDim" } }) end
    choices(page, story)
  end
  now_doing(page, story)
  asks(page, story)
end

local function folded(page, story)
  local icon = STATE[story.state]
  page:line({ { icon[1], icon[2] }, { (" %d "):format(story.id), "DevikaDim" }, words.one_line(story.prompt, page.width - 3 - #tostring(story.id)) },
    { kind = "task", task = story.id })
end

local WELCOME = {
  "Say what is to be done:", "", "  :Devika run Add a --json flag to cli.py", "",
  "  :Devika plan …   asks you before it begins", "  :Devika model    chooses who does it", "  :Devika doctor   says what is missing", "",
  "g? shows the keys of this window.",
}

--- Draws stories for a window of so many cells. The foremost is drawn whole, and those that are in `open`
--- by their number; the others are a line each.
function M.draw(stories, width, open)
  local page = Page.new(width)
  if #stories == 0 then
    for index, line in ipairs(WELCOME) do page:line({ { line, index == 3 and "DevikaCode" or (index > 4 and "DevikaDim" or nil) } }) end
    return page
  end
  local foremost = story_of.foremost(stories)
  for _, story in ipairs(stories) do
    if story == foremost or open[story.id] then
      page:gap()
      whole(page, story, open)
      if story ~= stories[#stories] then page:gap() end
    else
      folded(page, story)
    end
  end
  return page
end

return M
