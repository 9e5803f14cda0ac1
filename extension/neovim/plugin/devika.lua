-- Defines :Devika. All else is loaded when it is used first.

if vim.g.loaded_devika then return end
vim.g.loaded_devika = true

if vim.fn.has("nvim-0.10") == 0 then
  vim.api.nvim_create_user_command("Devika", function()
    vim.api.nvim_err_writeln("Devika needs Neovim 0.10 or newer, and this is older: get a newer one, or use `devika run`")
  end, { nargs = "*", range = true })
  return
end

vim.api.nvim_create_user_command("Devika", function(command) require("devika.command").run(command) end, {
  nargs = "*",
  range = true,
  complete = function(...) return require("devika.command").complete(...) end,
  desc = "Give Devika a task, and decide on what it does",
})
