-- What the plugin answers to the server: saving, edits, and what other language servers know. The
-- servers are within Neovim.
--
-- run:  ARTEFACTS=… nvim --headless -u NONE -i NONE -c 'luafile requests.lua'

local here = vim.fs.dirname(debug.getinfo(1, "S").source:sub(2))
local world = dofile(here .. "/world.lua")
local servers = loadfile(here .. "/servers.lua")(world)
local check, equal = world.check, world.equal

vim.opt.runtimepath:append(world.plugin)
vim.cmd("filetype on")
vim.opt.shortmess:append("W")
local project = world.required("ARTEFACTS") .. "/neovim-requests"
vim.fn.delete(project, "rf")
vim.fn.mkdir(project, "p")
vim.opt.directory = project .. "/swap//"
vim.fn.mkdir(project .. "/swap", "p")

local said = {}
vim.notify = function(text) table.insert(said, text) end
world.shown.said = said

local requests = require("devika.requests")
local devika = servers.start("devika", {
  root = project,
  config = { capabilities = requests.capabilities(), handlers = requests.handlers(), flags = requests.flags },
})

local function uri_of(name) return vim.uri_from_fname(project .. "/" .. name) end

--- A file with a text, open in a buffer that Devika looks at.
local function open(name, text)
  world.write(project .. "/" .. name, text)
  vim.cmd.edit(project .. "/" .. name)
  local buffer = vim.api.nvim_get_current_buf()
  vim.lsp.buf_attach_client(buffer, devika.client.id)
  return buffer
end

local function type_into(buffer, line, text) vim.api.nvim_buf_set_lines(buffer, line, line, false, { text }) end

--- Another program writes a file; its time differs for certain.
local function write_elsewhere(name, text)
  world.write(project .. "/" .. name, text)
  vim.uv.fs_utime(project .. "/" .. name, 1, 1)
end

local function save(...) return devika.request("devika/save", { uris = { ... } }).saved end

--- Puts a line before the first one of each document, as Devika does.
local function prepend(...)
  local function change(target)
    local start = { line = 0, character = 0 }
    return {
      textDocument = { uri = target[1], version = target[2] },
      edits = { { range = { start = start, ["end"] = start }, newText = "# new\n" } },
    }
  end
  return devika.request("workspace/applyEdit", { edit = { documentChanges = vim.tbl_map(change, { ... }) } })
end

local function a_changed_buffer_is_saved()
  local buffer = open("save.py", "one\n")
  type_into(buffer, 1, "two")
  equal(save(uri_of("save.py")), { uri_of("save.py") }, "saved")
  equal(world.read(project .. "/save.py"), "one\ntwo\n", "the file")
end

local function what_changed_on_disk_is_never_written_over()
  local buffer = open("conflict.py", "one\n")
  type_into(buffer, 1, "typed")
  write_elsewhere("conflict.py", "from elsewhere\n")
  for _ = 1, 2 do
    equal(save(uri_of("conflict.py")), {}, "saved")
  end
  equal(world.read(project .. "/conflict.py"), "from elsewhere\n", "the file")
  equal(world.buffer_text(buffer), "one\ntyped\n", "the buffer")
  check(said[#said]:find("conflict.py is not saved: its file changed on disk", 1, true), "nobody was told")
  vim.cmd("write!")
  equal(save(uri_of("conflict.py")), { uri_of("conflict.py") }, "saved, once the user has decided")
end

local function a_change_on_disk_that_the_user_let_be_is_not_written_over_either()
  local buffer = open("ignored.py", "one\n")
  type_into(buffer, 1, "typed")
  write_elsewhere("ignored.py", "from elsewhere\n")
  local ignored = vim.api.nvim_create_autocmd("FileChangedShell", { buffer = buffer, callback = function() vim.v.fcs_choice = "" end })
  vim.cmd("silent! checktime")
  vim.api.nvim_del_autocmd(ignored)
  equal(save(uri_of("ignored.py")), {}, "saved")
  equal(world.read(project .. "/ignored.py"), "from elsewhere\n", "the file")
end

local function a_deleted_file_is_not_made_again()
  local buffer = open("deleted.py", "one\n")
  type_into(buffer, 1, "typed")
  vim.fn.delete(project .. "/deleted.py")
  equal(save(uri_of("deleted.py")), {}, "saved")
  check(not vim.uv.fs_stat(project .. "/deleted.py"), "the file is there again")
  equal(world.buffer_text(buffer), "one\ntyped\n", "the buffer")
end

local function a_renamed_file_is_saved_under_its_new_name()
  local buffer = open("before.py", "one\n")
  local rename = { kind = "rename", oldUri = uri_of("before.py"), newUri = uri_of("after.py") }
  local start = { line = 0, character = 0 }
  local text = { textDocument = { uri = uri_of("after.py") }, edits = { { range = { start = start, ["end"] = start }, newText = "# new\n" } } }
  equal(devika.request("workspace/applyEdit", { edit = { documentChanges = { rename, text } } }).applied, true, "applied")
  equal(save(uri_of("after.py")), { uri_of("after.py") }, "saved")
  equal(world.read(project .. "/after.py"), "# new\none\n", "the file")
  check(not vim.uv.fs_stat(project .. "/before.py"), "the old file is still there")
  equal(vim.api.nvim_buf_get_name(buffer), project .. "/after.py", "the buffer's name")
end

local function a_new_file_is_saved_with_its_folder()
  vim.cmd.edit(project .. "/deep/in/new.py")
  type_into(0, 0, "one")
  equal(save(uri_of("deep/in/new.py")), { uri_of("deep/in/new.py") }, "saved")
end

local function a_read_only_buffer_asks_nobody()
  vim.o.confirm = true
  local buffer = open("readonly.py", "one\n")
  type_into(buffer, 1, "typed")
  vim.bo[buffer].readonly = true
  equal(save(uri_of("readonly.py")), {}, "saved")
  equal(vim.o.confirm, true, "'confirm'")
  vim.o.confirm = false
end

local function unsaved_changes_stay_under_an_edit()
  local buffer = open("unsaved.py", "one\n")
  type_into(buffer, 1, "typed")
  equal(prepend({ uri_of("unsaved.py"), vim.lsp.util.buf_versions[buffer] }).applied, true, "applied")
  equal(world.buffer_text(buffer), "# new\none\ntyped\n", "the buffer")
end

local function an_edit_of_a_text_that_has_changed_is_refused_at_once()
  local buffer = open("typing.py", "one\n")
  local version = vim.lsp.util.buf_versions[buffer]
  type_into(buffer, 0, "typed")
  local answer = prepend({ uri_of("typing.py"), version })
  equal(answer, { applied = false, failureReason = vim.fn.fnamemodify(project, ":.") .. "/typing.py: it has changed meanwhile" }, "the answer")
  equal(world.buffer_text(buffer), "typed\none\n", "the buffer")
end

local function of_two_edits_none_is_made_where_one_cannot_be()
  local first, second = open("first.py", "one\n"), open("second.py", "two\n")
  vim.bo[second].modifiable = false
  local answer = prepend({ uri_of("first.py") }, { uri_of("second.py") })
  equal(answer.applied, false, "applied")
  check(answer.failureReason:find("second.py: it is not 'modifiable' here", 1, true), answer.failureReason)
  equal(world.buffer_text(first), "one\n", "the first buffer")
end

local function an_edit_of_what_changed_on_disk_is_refused()
  local buffer = open("stale.py", "one\n")
  type_into(buffer, 1, "typed")
  write_elsewhere("stale.py", "from elsewhere\n")
  equal(prepend({ uri_of("stale.py") }).applied, false, "applied")
  equal(world.buffer_text(buffer), "one\ntyped\n", "the buffer")
end

local function a_new_file_gets_no_empty_line_at_its_end()
  local start = { line = 0, character = 0 }
  local text = { textDocument = { uri = uri_of("made/new.py") }, edits = { { range = { start = start, ["end"] = start }, newText = "one\ntwo\n" } } }
  local create = { kind = "create", uri = uri_of("made/new.py") }
  equal(devika.request("workspace/applyEdit", { edit = { documentChanges = { create, text } } }), { applied = true }, "the answer")
  equal(save(uri_of("made/new.py")), { uri_of("made/new.py") }, "saved")
  equal(world.read(project .. "/made/new.py"), "one\ntwo\n", "the file")
end

local function an_empty_file_gets_none_either()
  open("empty.py", "")
  equal(prepend({ uri_of("empty.py") }), { applied = true }, "the answer")
  equal(save(uri_of("empty.py")), { uri_of("empty.py") }, "saved")
  equal(world.read(project .. "/empty.py"), "# new\n", "the file")
end

local function unsaved_changes_are_not_deleted()
  local buffer = open("keep.py", "one\n")
  type_into(buffer, 1, "typed")
  local delete = { kind = "delete", uri = uri_of("keep.py") }
  equal(devika.request("workspace/applyEdit", { edit = { documentChanges = { delete } } }).applied, false, "applied")
  equal(world.read(project .. "/keep.py"), "one\n", "the file")
end

--- Another Neovim that has a file open, and dies. Returns its swap file.
local function crash_over(name, commands)
  world.write(project .. "/" .. name, "one\n")
  local arguments = { vim.v.progpath, "--headless", "-u", "NONE", "-i", "NONE", "--cmd", "set directory=" .. project .. "/swap//" }
  for _, command in ipairs(commands) do vim.list_extend(arguments, { "-c", command }) end
  local other = vim.system(vim.list_extend(arguments, { "-c", "preserve", "-c", "call writefile([v:swapname ?? swapname('')], '" .. project .. "/swapname')", project .. "/" .. name }))
  local swap = world.wait_for("the other Neovim", function()
    local ok, lines = pcall(vim.fn.readfile, project .. "/swapname")
    return ok and lines[1]
  end)
  other:kill(9)
  other:wait()
  vim.fn.delete(project .. "/swapname")
  check(vim.uv.fs_stat(swap), "no swap file is left")
  return swap
end

local function a_swap_file_with_unsaved_changes_keeps_devika_away_without_a_question()
  local swap = crash_over("crashed.py", { "call setline(1, 'never saved')" })
  local answer = prepend({ uri_of("crashed.py") })
  equal(answer.applied, false, "applied")
  check(answer.failureReason:find("unsaved changes of it in a swap file", 1, true), answer.failureReason)
  check(vim.uv.fs_stat(swap), "the swap file is gone")
  equal(world.read(project .. "/crashed.py"), "one\n", "the file")
  equal(vim.fn.bufloaded(project .. "/crashed.py"), 0, "loaded")
end

local function a_swap_file_without_changes_is_no_question_either()
  crash_over("clean.py", {})
  equal(prepend({ uri_of("clean.py") }), { applied = true }, "the answer")
  equal(save(uri_of("clean.py")), { uri_of("clean.py") }, "saved")
  equal(world.read(project .. "/clean.py"), "# new\none\n", "the file")
end

local function diagnose(name, settle, limit)
  return devika.ask("devika/diagnostics", { uris = { uri_of(name) }, settleMillis = settle, limitMillis = limit })
end

local compiler = servers.start("compiler", { root = project })

--- A file that the compiler looks at, too.
local function open_for_compiler(name)
  local buffer = open(name, "one\n")
  vim.lsp.buf_attach_client(buffer, compiler.client.id)
  return buffer
end

local function errors_are_waited_for_while_the_editor_stays_free()
  open_for_compiler("wrong.py")
  local answer = diagnose("wrong.py", 50, 60000)
  equal(answer(), nil, "the answer before the compiler has spoken")
  local is_free = false
  vim.schedule(function() is_free = true end)
  world.wait_for("the editor to do something else", function() return is_free end)
  compiler.publish(uri_of("wrong.py"), { "one is not defined" })
  local result = world.wait_for("the answer", answer)[1]
  equal(result.errors, { { uri = uri_of("wrong.py"), line = 0, message = "one is not defined", source = "compiler" } }, "the errors")
  compiler.publish(uri_of("wrong.py"), {})
end

local function what_an_indexing_server_does_not_know_yet_is_said_to_be_incomplete()
  open_for_compiler("indexed.py")
  compiler.progress("begin")
  compiler.publish(uri_of("indexed.py"), {})
  local result, problem = unpack(world.wait_for("the answer", diagnose("indexed.py", 10, 100)), 1, 2)
  equal({ result, problem.code }, { nil, require("devika.compat").REQUEST_FAILED }, "the answer")
  check(problem.message:find("compiler is still at work", 1, true), problem.message)
end

local function an_index_that_is_done_in_time_is_waited_for()
  open_for_compiler("ready.py")
  compiler.progress("begin")
  local answer = diagnose("ready.py", 10, 60000)
  compiler.publish(uri_of("ready.py"), { "wrong" })
  compiler.progress("end")
  equal(#world.wait_for("the answer", answer)[1].errors, 1, "errors")
  compiler.publish(uri_of("ready.py"), {})
end

local function characters_are_counted_as_each_server_counts_them()
  local buffer = open("bytes.py", "größe = gr\n")
  local asked
  local range = { start = { line = 0, character = 10 }, ["end"] = { line = 0, character = 12 } }
  local found = { uri = uri_of("bytes.py"), range = range }
  local server = servers.start("bytes", {
    root = project,
    capabilities = { positionEncoding = "utf-8", definitionProvider = true, workspaceSymbolProvider = true },
    answers = {
      ["textDocument/definition"] = function(params, reply)
        asked = params.position
        reply({ found })
      end,
      ["workspace/symbol"] = function(_, reply) reply({ { name = "gr", kind = 13, location = found } }) end,
    },
  })
  vim.lsp.buf_attach_client(buffer, server.client.id)
  local places = devika.request("devika/definition", { uri = uri_of("bytes.py"), line = 0, character = 8 }).places
  equal(asked, { line = 0, character = 10 }, "the place in bytes")
  equal(places, { { uri = uri_of("bytes.py"), line = 0 } }, "the places")
  local symbols = devika.request("devika/symbols", { query = "gr" }).symbols
  equal(symbols, { { name = "gr", uri = uri_of("bytes.py"), line = 0, character = 8 } }, "the symbols")
  vim.lsp.stop_client(server.client.id, true)
end

local function a_server_that_is_silent_costs_a_bounded_time_and_is_named()
  local buffer = open("silent.py", "one\n")
  local server = servers.start("silent", {
    root = project, capabilities = { referencesProvider = true }, answers = { ["textDocument/references"] = function() end },
  })
  vim.lsp.buf_attach_client(buffer, server.client.id)
  local begin = vim.uv.hrtime()
  local result, problem = devika.request("devika/references", { uri = uri_of("silent.py"), line = 0, character = 0 })
  equal(result, nil, "the answer")
  check(problem.message:find("silent is still at work", 1, true), problem.message)
  check((vim.uv.hrtime() - begin) / 1e9 < 4, "Devika waits for 4 s at the most")
  vim.lsp.stop_client(server.client.id, true)
end

world.run({
  { "a changed buffer is saved", a_changed_buffer_is_saved },
  { "what changed on disk is never written over", what_changed_on_disk_is_never_written_over },
  { "a change on disk that the user let be is not written over either", a_change_on_disk_that_the_user_let_be_is_not_written_over_either },
  { "a deleted file is not made again", a_deleted_file_is_not_made_again },
  { "a renamed file is saved under its new name", a_renamed_file_is_saved_under_its_new_name },
  { "a new file is saved with its folder", a_new_file_is_saved_with_its_folder },
  { "a read-only buffer asks nobody", a_read_only_buffer_asks_nobody },
  { "unsaved changes stay under an edit", unsaved_changes_stay_under_an_edit },
  { "an edit of a text that has changed is refused at once", an_edit_of_a_text_that_has_changed_is_refused_at_once },
  { "of two edits none is made where one cannot be", of_two_edits_none_is_made_where_one_cannot_be },
  { "an edit of what changed on disk is refused", an_edit_of_what_changed_on_disk_is_refused },
  { "a new file gets no empty line at its end", a_new_file_gets_no_empty_line_at_its_end },
  { "an empty file gets none either", an_empty_file_gets_none_either },
  { "unsaved changes are not deleted", unsaved_changes_are_not_deleted },
  { "a swap file with unsaved changes keeps Devika away without a question", a_swap_file_with_unsaved_changes_keeps_devika_away_without_a_question },
  { "a swap file without changes is no question either", a_swap_file_without_changes_is_no_question_either },
  { "errors are waited for while the editor stays free", errors_are_waited_for_while_the_editor_stays_free },
  { "what an indexing server does not know yet is said to be incomplete", what_an_indexing_server_does_not_know_yet_is_said_to_be_incomplete },
  { "an index that is done in time is waited for", an_index_that_is_done_in_time_is_waited_for },
  { "characters are counted as each server counts them", characters_are_counted_as_each_server_counts_them },
  { "a server that is silent costs a bounded time, and is named", a_server_that_is_silent_costs_a_bounded_time_and_is_named },
})
