-- What is around the plugin: start-up, help, health, and questions that wait for a resting keyboard.
--
-- run:  DEVIKA_BIN=… SCRIPTED_MODEL_BIN=… ARTEFACTS=… nvim --headless -u NONE -i NONE -c 'luafile around.lua'

local world = dofile(vim.fs.dirname(debug.getinfo(1, "S").source:sub(2)) .. "/world.lua")
local check, equal, wait_for = world.check, world.equal, world.wait_for

local here = world.build("neovim-around", { ["hello.py"] = "print('hello')\n" }, {})
vim.opt.runtimepath:prepend(world.plugin)
vim.cmd("filetype plugin on | runtime plugin/devika.lua")
vim.g.devika = { cmd = { here.devika, "lsp" } }
vim.cmd.cd(here.project)

local function the_plugin_loads_nothing_but_itself_at_the_start()
  local times = here.folder .. "/startup"
  local ran = vim.system({
    vim.v.progpath, "--headless", "-u", "NONE", "-i", "NONE", "--startuptime", times,
    "--cmd", "set rtp^=" .. world.plugin, "-c", "runtime! plugin/devika.lua", "-c", "qall!",
  }):wait()
  equal(ran.code, 0, "the exit code")
  local lines = vim.tbl_filter(function(line) return line:find("devika", 1, true) ~= nil end, vim.fn.readfile(times))
  equal(#lines, 1, "what was loaded: " .. table.concat(lines, "\n"))
  check(lines[1]:find("/plugin/devika.lua", 1, true), lines[1])
  vim.fn.writefile(lines, world.required("ARTEFACTS") .. "/neovim-startup.txt")
end

local function the_help_has_its_tags()
  local copy = here.folder .. "/doc"
  vim.fn.mkdir(copy, "p")
  vim.fn.writefile(vim.fn.readfile(world.plugin .. "/doc/devika.txt"), copy .. "/devika.txt")
  vim.cmd.helptags(copy)
  local tags = vim.tbl_map(function(line) return line:match("^[^\t]+") end, vim.fn.readfile(copy .. "/tags"))
  equal(tags, {
    ":Devika", "devika", "devika-buffers", "devika-colours", "devika-commands", "devika-options", "devika-questions",
    "devika-review", "devika-servers", "devika-start", "devika-statusline", "devika-window", "devika.statusline()", "devika.txt",
  }, "the tags")
end

local function the_help_names_every_command_option_and_key()
  local help = table.concat(vim.fn.readfile(world.plugin .. "/doc/devika.txt"), "\n")
  for name in pairs(require("devika.command").SUBCOMMANDS) do
    check(help:find(":Devika " .. name, 1, true), "no word about :Devika " .. name)
  end
  for _, name in ipairs(require("devika.options").NAMES) do
    check(help:find("\n      " .. name .. " = ", 1, true), "no word about the option " .. name)
  end
  require("devika.window").open(true)
  for _, map in ipairs(vim.api.nvim_buf_get_keymap(0, "n")) do
    check(help:find("\n    " .. map.lhs .. " ", 1, true), "no word about the key " .. map.lhs)
  end
  require("devika.window").close()
  for _, name in ipairs(vim.fn.getcompletion("Devika", "highlight")) do
    check(help:find("`" .. name .. "`", 1, true), "no word about the colour " .. name)
  end
end

local function an_option_that_there_is_none_of_is_told()
  local before = vim.g.devika
  require("devika").setup({ modle = "plan", width = "wide" })
  equal(select(2, require("devika.options").all()), { "`modle` is no option; see :help devika-options", "`width` must be a number" }, "what is wrong")
  vim.g.devika = before
end

local function health_tells_what_the_server_finds()
  vim.cmd("checkhealth devika")
  local text = world.buffer_text()
  check(text:find("devika %d+%.%d+%.%d+"), "the version: " .. text)
  check(text:find("git identity: A User <user@example.org>", 1, true), "what the doctor finds: " .. text)
  vim.cmd("silent! tabonly | silent! only")
  vim.g.devika = { cmd = { "no-such-devika", "lsp" } }
  vim.cmd("checkhealth devika")
  check(world.buffer_text():find("`no-such-devika` is not installed, or not in $PATH", 1, true), world.buffer_text())
end

local function a_server_that_is_not_there_is_told_and_nothing_breaks()
  local said = {}
  local notify = vim.notify
  vim.notify = function(text) table.insert(said, text) end
  vim.cmd("Devika run Something")
  wait_for("the message", function() return said[1] end)
  check(world.said(said, "Devika's server cannot be started: is `no-such-devika` installed?"), vim.inspect(said))
  vim.notify = notify
  vim.g.devika = { cmd = { here.devika, "lsp" } }
end

local function a_question_waits_until_no_key_was_pressed_for_a_second()
  local session = require("devika.session")
  local chosen = world.choose_always("^nothing$")
  require("devika.asks").on_ask({ task = 0, id = 0, kind = "trust", text = "listen" })
  local function tell(seq, event)
    session.take(vim.tbl_extend("force", { seq = seq, time = "2026-01-02T03:04:05.000Z", task = 9 }, event), 0)
  end
  tell(1, { event = "queued", prompt = "x", project = here.project, mode = "auto", ahead = 0 })
  vim.api.nvim_feedkeys("j", "nx", false)
  local typed = vim.uv.hrtime()
  tell(2, { event = "asked", ask = 1, kind = "trust", text = "Do you trust it?" })
  wait_for("the question", function() return chosen[1] end)
  check((vim.uv.hrtime() - typed) / 1e9 >= 1, "it came while the user typed")
  equal(chosen, { "Devika: Do you trust it?" }, "the questions")
end

world.run({
  { "the plugin loads nothing but itself at the start", the_plugin_loads_nothing_but_itself_at_the_start },
  { "the help has its tags", the_help_has_its_tags },
  { "the help names every command, option and key", the_help_names_every_command_option_and_key },
  { "an option that there is none of is told", an_option_that_there_is_none_of_is_told },
  { "health tells what the server finds", health_tells_what_the_server_finds },
  { "a server that is not there is told, and nothing breaks", a_server_that_is_not_there_is_told_and_nothing_breaks },
  { "a question waits until no key was pressed for a second", a_question_waits_until_no_key_was_pressed_for_a_second },
})
