--- Unified diffs: read, and applied to the lines of a file, forwards or backwards. Pure.

local M = {}

local function path_of(line)
  local path = line:match("^... ([^\t]*)")
  if path == "/dev/null" then return nil end
  return (path:gsub("^[ab]/", ""))
end

--- The files of a diff: `{ old, new, hunks }` each, where a hunk is `{ old_start, new_start, lines }`.
function M.parse(diff)
  local files, file, hunk = {}, nil, nil
  local left_old, left_new = 0, 0
  for _, line in ipairs(vim.split(diff, "\n", { plain = true })) do
    if hunk and (left_old > 0 or left_new > 0) then
      local sign = line:sub(1, 1)
      if sign == "" then line, sign = " ", " " end
      if sign ~= "\\" then table.insert(hunk.lines, line) end
      if sign == " " or sign == "-" then left_old = left_old - 1 end
      if sign == " " or sign == "+" then left_new = left_new - 1 end
    elseif vim.startswith(line, "--- ") then
      file, hunk = { old = path_of(line), hunks = {} }, nil
      table.insert(files, file)
    elseif vim.startswith(line, "+++ ") and file then
      file.new = path_of(line)
    elseif vim.startswith(line, "@@ ") and file then
      local a, b, c, d = line:match("^@@ %-(%d+),?(%d*) %+(%d+),?(%d*) @@")
      if a then
        left_old, left_new = tonumber(b) or 1, tonumber(d) or 1
        hunk = { old_start = tonumber(a), new_start = tonumber(c), lines = {} }
        table.insert(file.hunks, hunk)
      end
    end
  end
  return files
end

--- The lines of a file after its hunks, or before them where `backwards` is said. None where the lines
--- are not those that the diff is about.
function M.apply(lines, hunks, backwards)
  local taken, put = "-", "+"
  if backwards then taken, put = "+", "-" end
  local result, at = {}, 1
  for _, hunk in ipairs(hunks) do
    local start = backwards and hunk.new_start or hunk.old_start
    local takes = vim.iter(hunk.lines):any(function(line) return line:sub(1, 1) ~= put end)
    -- A hunk that takes nothing stands behind the line that it names.
    if not takes then start = start + 1 end
    while at < start do
      if not lines[at] then return nil end
      table.insert(result, lines[at])
      at = at + 1
    end
    for _, line in ipairs(hunk.lines) do
      local sign, text = line:sub(1, 1), line:sub(2)
      if sign ~= put then
        if lines[at] ~= text then return nil end
        at = at + 1
      end
      if sign ~= taken then table.insert(result, text) end
    end
  end
  return vim.list_extend(result, lines, at)
end

return M
