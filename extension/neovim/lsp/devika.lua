-- Neovim 0.11 reads this at `vim.lsp.enable("devika")`.

return require("devika.client").config()
