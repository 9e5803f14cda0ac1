-- A task in stock Neovim 0.11, with no plugin: vim.lsp.config and vim.lsp.enable alone.
-- Run by tests/editors/neovim/run, in a project that holds notes.txt, open in a buffer.

-- As it is for everybody who does not start with `-u NONE`; servers attach to a buffer by its file type.
vim.cmd('filetype on')

vim.lsp.config('devika', {
  cmd = { vim.env.DEVIKA_BIN, 'lsp' },
  root_markers = { '.git' },
})
vim.lsp.enable('devika')

local failed = false
local function check(condition, what)
  io.stdout:write((condition and 'ok   ' or 'FAIL ') .. what .. '\n')
  failed = failed or not condition
end

-- What the user is asked is answered as they would: trust the folder, allow the command.
local asked = {}
vim.lsp.handlers['window/showMessageRequest'] = function(_, params)
  table.insert(asked, params.message)
  return params.actions[1]
end

local progress = {}
vim.api.nvim_create_autocmd('LspProgress', {
  callback = function(event)
    table.insert(progress, event.data.params.value)
  end,
})

-- Devika asks the user to save a file that is open; this user does.
local show = vim.lsp.handlers['window/showMessage']
vim.lsp.handlers['window/showMessage'] = function(error, params, context)
  if params.message:find('save it', 1, true) then
    vim.schedule(function() vim.cmd('silent write') end)
  end
  return show(error, params, context)
end

local function read(path)
  local file = io.open(path)
  return file and file:read('a')
end

vim.cmd('edit notes.txt')
local function attached() return #vim.lsp.get_clients({ name = 'devika', bufnr = 0 }) == 1 end
check(vim.wait(10000, attached, 10), 'the server is attached')
local client = vim.lsp.get_clients({ name = 'devika' })[1]

local reply = client:request_sync('workspace/executeCommand', {
  command = 'devika.task.start',
  arguments = { { prompt = 'Write hello.py, and mention it in notes.txt' } },
}, 5000)
check(reply and reply.result and reply.result.task == 1, 'devika.task.start answers with the task')

local ended = vim.wait(60000, function()
  local last = progress[#progress]
  return last and last.kind == 'end'
end, 10)
check(ended, 'the progress comes to its end')
check(progress[1] and progress[1].kind == 'begin' and progress[1].title:find('Devika') ~= nil, 'the progress is titled')
local reports = vim.tbl_filter(function(value) return value.kind == 'report' end, progress)
check(#reports > 0, 'the progress tells what is done')
check(#asked == 2 and asked[2]:find('python3 hello.py', 1, true) ~= nil, 'the user is asked for trust and for the command')
check(read('hello.py') == "print('Hello')\n", 'the new file is on disk')
check(vim.deep_equal(vim.api.nvim_buf_get_lines(0, 0, -1, false), { 'Notes', 'See hello.py.' }), 'the edit is in the buffer')
check(read('notes.txt') == 'Notes\nSee hello.py.\n', 'the buffer is saved')
vim.cmd('silent undo')
check(vim.deep_equal(vim.api.nvim_buf_get_lines(0, 0, -1, false), { 'Notes' }), 'the edit can be undone')

local list = client:request_sync('workspace/executeCommand', { command = 'devika.task.list', arguments = { {} } }, 5000)
check(list and list.result and list.result[1].state == 'completed', 'the task is completed')

if failed then
  io.stdout:write(vim.inspect({ asked = asked, progress = progress }) .. '\n')
  io.stdout:write((read(vim.lsp.get_log_path()) or '') .. '\n')
end
client:stop()
vim.cmd(failed and 'cquit!' or 'quitall!')
