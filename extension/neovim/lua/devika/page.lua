--- Lines with colours, and what each line is about.

local Page = {}
Page.__index = Page

--- An empty page of so many cells.
function Page.new(width) return setmetatable({ width = width, lines = {}, marks = {}, targets = {} }, Page) end

--- Adds a line of pieces, each a text or `{ text, group }`. `target` is what the line is about.
function Page:line(pieces, target)
  local text = ""
  for _, piece in ipairs(pieces) do
    local part, group = piece, nil
    if type(piece) == "table" then part, group = piece[1], piece[2] end
    if group and part ~= "" then
      table.insert(self.marks, { #self.lines, #text, #text + #part, group })
    end
    text = text .. part
  end
  table.insert(self.lines, text)
  self.targets[#self.lines] = target
end

--- Adds an empty line, but never two, and none at the top.
function Page:gap()
  if #self.lines > 0 and self.lines[#self.lines] ~= "" then table.insert(self.lines, "") end
end

--- Adds a line with one piece at its left and one at the right end.
function Page:sides(left, right, target)
  local used = vim.api.nvim_strwidth(left[1]) + vim.api.nvim_strwidth(right[1])
  self:line({ left, (" "):rep(math.max(1, self.width - used)), right }, target)
end

--- Adds a text, wrapped, with `first` before its first line and `rest` before the others.
function Page:text(text, group, first, rest, target)
  local words = require("devika.words")
  local width = self.width - vim.api.nvim_strwidth(type(first) == "table" and first[1] or first or "")
  for index, line in ipairs(words.wrapped(text, math.max(8, width))) do
    local before = index == 1 and first or rest or ""
    -- Nothing is before an empty line but what is drawn along all of them.
    if line == "" and type(before) == "string" then before = "" end
    self:line({ before, { line, group } }, target)
  end
end

return Page
