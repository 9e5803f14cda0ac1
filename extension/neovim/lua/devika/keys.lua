--- The keys of the side window, and what they do with the line under the cursor.

local M = {}

local function run(...) require("devika.command").execute({ ... }) end

local function target() return require("devika.window").target() end

--- The task of the line under the cursor, else the foremost.
local function task()
  local about = target()
  if about and about.task then return tostring(about.task) end
  local story = require("devika.story").foremost(require("devika.session").stories())
  return story and tostring(story.id)
end

--- A window for files: the last one, else any that holds one, else a new one.
local function file_window()
  local last = vim.fn.win_getid(vim.fn.winnr("#"))
  for _, window in ipairs(vim.list_extend({ last }, vim.api.nvim_tabpage_list_wins(0))) do
    local is_file = vim.api.nvim_win_is_valid(window) and vim.bo[vim.api.nvim_win_get_buf(window)].buftype == ""
    if is_file and not vim.wo[window].winfixbuf then return window end
  end
  vim.cmd("leftabove vnew")
  return vim.api.nvim_get_current_win()
end

local function open_file(about)
  local path = about.path
  if about.project then
    path = vim.fs.normalize(about.project .. "/" .. path)
    -- A path of the model's that leads out of the project opens nothing.
    if not vim.startswith(path, vim.fs.normalize(about.project) .. "/") then return end
  end
  vim.api.nvim_set_current_win(file_window())
  vim.cmd.edit(vim.fn.fnameescape(path))
end

local OPEN = {
  file = open_file,
  link = function(about)
    if about.address:match("^https?://") then vim.ui.open(about.address) end
  end,
  fold = function(about) require("devika.window").fold(about.key) end,
  task = function(about) require("devika.window").fold(about.task) end,
  step = function(about) run("diff", tostring(about.task), tostring(about.step)) end,
  ask = function() require("devika.asks").answer() end,
}

local KEYS = {
  { "<CR>", "open the file, the page or the diff; fold or unfold", function()
    local about = target()
    if about then OPEN[about.kind](about) end
  end },
  { "a", "answer what is asked", function() require("devika.asks").answer() end },
  { "r", "run a task", function() run("run") end },
  { "s", "say more to the task", function() run("steer") end },
  { "x", "stop the task", function() run("stop") end },
  { "D", "see the diff", function() run("diff", task()) end },
  { "A", "accept the task", function() run("accept", task()) end },
  { "U", "undo the task", function() run("undo", task()) end },
  { "R", "read the task as a report", function() run("report", task()) end },
  { "q", "close the window", function() require("devika.window").close() end },
}

local function help()
  local lines = { "Devika's window:" }
  for _, key in ipairs(KEYS) do table.insert(lines, ("  %-5s %s"):format(key[1], key[2])) end
  vim.notify(table.concat(lines, "\n"))
end

function M.map(buffer)
  for _, key in ipairs(KEYS) do
    vim.keymap.set("n", key[1], key[3], { buffer = buffer, nowait = true, desc = "Devika: " .. key[2] })
  end
  vim.keymap.set("n", "g?", help, { buffer = buffer, desc = "Devika: show the keys" })
end

return M
