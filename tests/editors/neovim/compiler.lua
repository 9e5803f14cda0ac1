-- A second, real language server beside Devika and its plugin: what Pyright finds wrong goes to the patcher.
--
-- run:  DEVIKA_BIN=… SCRIPTED_MODEL_BIN=… PYRIGHT=… ARTEFACTS=… nvim --headless -u NONE -i NONE -c 'luafile compiler.lua'
--   PYRIGHT  pyright-langserver; the others as in world.lua

local world = dofile(vim.fs.dirname(debug.getinfo(1, "S").source:sub(2)) .. "/world.lua")
local equal, wait_for = world.equal, world.wait_for

local WRONG = "def double(number):\n    return twise(number)\n"
local RIGHT = "def double(number):\n    return 2 * number\n"

--- A model that writes a mistake, and mends it only when it is told what Pyright says.
local function replies()
  local plan = world.plan({
    monologue = "One function.", reply = "I will add it.", focus = "double",
    steps = { { text = "Add double()", files = { "numbers_of_ours.py" } } },
  })
  local code = function(text) return world.code("Add double()", { "numbers_of_ours.py", text }) end
  return {
    { text = plan },
    { text = code(WRONG) },
    { text = code(RIGHT), when = '"twise" is not defined' },
  }
end

local function attach(here)
  vim.opt.runtimepath:append(world.plugin)
  vim.cmd("filetype on")
  vim.lsp.config("devika", { cmd = { here.devika, "lsp" } })
  vim.lsp.config("pyright", {
    cmd = { world.required("PYRIGHT"), "--stdio" },
    filetypes = { "python" },
    root_markers = { ".git" },
    settings = { python = { analysis = { diagnosticMode = "openFilesOnly" } } },
  })
  vim.lsp.enable({ "devika", "pyright" })
  vim.cmd.edit(here.project .. "/main.py")
  wait_for("both servers to start", function()
    local clients = vim.lsp.get_clients({ bufnr = 0 })
    return #clients == 2 and clients[1].initialized and clients[2].initialized
  end)
  return vim.lsp.get_clients({ name = "devika" })[1]
end

local function a_mistake_that_pyright_finds_is_repaired_before_it_is_committed()
  local here = world.build("neovim-compiler", { ["main.py"] = "print('main')\n" }, replies())
  world.shown = { choices = world.choose_always("^Allow$") }
  local client = attach(here)
  vim.cmd("runtime plugin/devika.lua | Devika run Add double()")
  local story = wait_for("the end of the task", function()
    local story = require("devika.session").stories()[1]
    return story and not require("devika.story").is_active(story.state) and story
  end)
  equal(story.state, "completed", "the task")
  equal(world.read(here.project .. "/numbers_of_ours.py"), RIGHT, "the file")
  equal(here.git("log", "-1", "--format=%s"), "feat: add double()", "the commit")
  equal(here.git("show", "HEAD:numbers_of_ours.py") .. "\n", RIGHT, "what is committed")
  client:stop()
  wait_for("the server to end", function() return client:is_stopped() end)
end

world.run({
  { "a mistake that Pyright finds is repaired before it is committed", a_mistake_that_pyright_finds_is_repaired_before_it_is_committed },
})
