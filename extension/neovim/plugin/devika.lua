-- Defines :Devika. All else is loaded when it is used first.

if vim.g.loaded_devika then return end
vim.g.loaded_devika = true

vim.api.nvim_create_user_command("Devika", function(command) require("devika.command").run(command) end, {
  nargs = "*",
  range = true,
  complete = function(...) return require("devika.command").complete(...) end,
  desc = "Give Devika a task, and decide on what it does",
})
