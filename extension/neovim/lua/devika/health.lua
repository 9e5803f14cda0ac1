--- `:checkhealth devika`.

local M = {}

local SAY = { ok = "ok", warning = "warn", failed = "error" }

local function neovim()
  if vim.fn.has("nvim-0.10") == 0 then
    vim.health.error("Neovim is older than 0.10", "get Neovim 0.10 or newer")
  else
    vim.health.ok(("Neovim %s"):format(tostring(vim.version())))
  end
end

local function options()
  local set, wrong = require("devika.options").all()
  for _, text in ipairs(wrong) do vim.health.error(text) end
  if #wrong == 0 then vim.health.ok("the options are as they should be") end
  return set
end

--- Whether the server's program is there.
local function program(set)
  local path = vim.fn.exepath(set.cmd[1])
  if path == "" then
    vim.health.error(("`%s` is not installed, or not in $PATH"):format(set.cmd[1]), "install Devika, or set `cmd`; see :help devika-options")
    return nil
  end
  local ran = vim.system({ path, "--version" }, { text = true }):wait(5000)
  vim.health.ok(("%s (%s)"):format(vim.trim(ran.stdout or ""), path))
  return path
end

local function clients()
  local all = require("devika.client").all()
  if #all == 0 then vim.health.info("no server runs yet: `:Devika run` starts one, and so does `vim.lsp.enable('devika')` with a file") end
  for _, client in ipairs(all) do
    vim.health.ok(("a server runs for %s"):format(client.config.root_dir or "no folder"))
  end
end

--- What `devika doctor` finds.
local function doctor(path)
  vim.health.start("devika doctor")
  local ran = vim.system({ path, "doctor", "--json" }, { text = true, cwd = require("devika.client").root() }):wait(30000)
  local found = 0
  for line in (ran.stdout or ""):gmatch("[^\n]+") do
    local ok, check = pcall(vim.json.decode, line)
    if ok and type(check) == "table" and SAY[check.verdict] then
      found = found + 1
      local mend = type(check.mend) == "string" and { "run: " .. check.mend } or nil
      vim.health[SAY[check.verdict]](("%s: %s"):format(check.name, check.text), mend)
    end
  end
  if found == 0 then vim.health.error("`devika doctor` said nothing", { vim.trim(ran.stderr or "") }) end
end

function M.check()
  vim.health.start("devika")
  neovim()
  local path = program(options())
  clients()
  if path then doctor(path) end
end

return M
