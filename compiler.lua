-- Another language server of Neovim, pyright, as Devika's compiler: what it reports is repaired.
-- world.lua says how to run it; it also needs
--   PYRIGHT     pyright's language server, a Node program
--   MODULE      the folder extension/neovim

local world = dofile(vim.fs.joinpath(vim.fs.dirname(debug.getinfo(1, "S").source:sub(2)), "world.lua"))

local OLD = "def old():\n    return missing_before\n"
local LIBRARY = "def greeting(name):\n    return f\"Hello, {name}!\"\n"
local WRONG = "from library import greeting\n\n\ndef greet_all(names):\n    return [greeting_of(name) for name in names]\n"
local RIGHT = WRONG:gsub("greeting_of", "greeting")
local ERROR = 'greet.py:5: error: "greeting_of" is not defined'

local replies = {
  world.plan({ steps = { { text = "Add greet_all()", files = { "greet.py", "old.py" } } } }),
  -- The coder sees the file that defines the name in the prompt: pyright knows where that is.
  vim.tbl_extend("error", world.code("Greet all", { { "greet.py", WRONG } }), { when = "File: `library.py`\n```\ndef greeting" }),
  -- For a prompt with pyright's words alone, without the error that was there before.
  vim.tbl_extend("error", world.code("Call greeting()", { { "greet.py", RIGHT } }), {
    when = ("Command: Pyright\nIt reports errors that were not there before. Output:\n```\n%s\n```"):format(ERROR),
  }),
}

--- Asks a handler as the server does, in a coroutine.
local function ask(client, method, params)
  local answer
  coroutine.wrap(function() answer = client.handlers[method](nil, params, { client_id = client.id, method = method }) end)()
  world.wait_for(method, function() return answer end)
  return answer
end

local function an_error_of_pyright_is_repaired_before_the_commit(client)
  world.execute(client, "devika.task.start", { prompt = "Greet all names with greeting()" })
  world.wait_for("the end of the task", function() return world.said(world.messages, "is completed") end)
  world.equal(world.read(world.project .. "/greet.py"), RIGHT, "greet.py")
  world.equal(world.git("log", "-1", "--format=%s", "--name-only"), "Greet all\n\ngreet.py", "the commit")
  world.equal(world.git("status", "--porcelain"), "", "what is not committed")
  world.equal(vim.fn.bufwinid(world.project .. "/greet.py"), -1, "the window of a file that was only looked at")
end

local function the_places_of_a_symbol_are_known(client)
  local function uri(name) return vim.uri_from_fname(world.project .. "/" .. name) end
  local use = { uri = uri("greet.py"), line = 4, character = 12 }
  world.equal(ask(client, "devika/definition", use), { places = { { uri = uri("library.py"), line = 0 } } }, "the definition")
  local places = ask(client, "devika/references", use).places
  table.sort(places, function(a, b) return a.uri .. a.line < b.uri .. b.line end)
  world.equal(places, {
    { uri = uri("greet.py"), line = 0 },
    { uri = uri("greet.py"), line = 4 },
    { uri = uri("library.py"), line = 0 },
  }, "the references")
  world.equal(ask(client, "devika/symbols", { query = "greet_all" }), {
    symbols = { { name = "greet_all", uri = uri("greet.py"), line = 3, character = 4 } },
  }, "the symbols")
end

local function a_buffer_is_saved_unless_its_file_has_changed_too(client)
  local path = world.project .. "/library.py"
  local uri = vim.uri_from_fname(path)
  vim.cmd.edit(path)
  vim.api.nvim_buf_set_lines(0, 0, 0, false, { "# mine" })
  world.equal(ask(client, "devika/save", { uris = { uri } }), { saved = { uri } }, "saved")
  world.equal(world.read(path), "# mine\n" .. LIBRARY, "the file")
  vim.api.nvim_buf_set_lines(0, 0, 1, false, { "# mine again" })
  world.write(path, "# theirs, and longer than before\n" .. LIBRARY)
  world.equal(ask(client, "devika/save", { uris = { uri } }), { saved = {} }, "saved over another's change")
  world.equal(world.read(path), "# theirs, and longer than before\n" .. LIBRARY, "the file")
  world.equal(vim.api.nvim_buf_get_lines(0, 0, 1, false), { "# mine again" }, "the buffer")
end

world.run("another language server as the compiler", function()
  world.build("neovim-compiler", { ["old.py"] = OLD, ["library.py"] = LIBRARY }, replies)
  world.listen()
  vim.opt.runtimepath:append(world.required("MODULE"))
  local requests = require("devika.requests")
  vim.lsp.config("devika", {
    cmd = { world.required("DEVIKA_BIN"), "lsp" }, root_markers = { ".git" },
    capabilities = requests.capabilities(), handlers = requests.handlers(),
  })
  vim.lsp.config("pyright", {
    cmd = { "node", world.required("PYRIGHT"), "--stdio" }, filetypes = { "python" }, root_markers = { ".git" },
    settings = { python = { analysis = { diagnosticMode = "openFilesOnly" } } },
  })
  local client = world.open("library.py", { "devika", "pyright" })
  an_error_of_pyright_is_repaired_before_the_commit(client)
  the_places_of_a_symbol_are_known(client)
  a_buffer_is_saved_unless_its_file_has_changed_too(client)
  world.stop(client)
end)
