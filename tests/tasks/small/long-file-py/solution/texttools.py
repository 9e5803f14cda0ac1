"""Functions on plain text that the programs of the print shop share.

Texts are strings with "\n" at the ends of lines. Columns and widths are counted in characters.
"""

import re
import unicodedata
from collections import Counter

TAB = 8
ELLIPSIS = "…"
BULLETS = ("- ", "* ", "+ ")


# --- Lines -------------------------------------------------------------------------------------


def lines_of(text):
    """The lines of a text, without their ends. A last empty line does not count."""
    lines = text.split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    return lines


def join_lines(lines):
    """A text of lines; each of them ends with a line end."""
    return "".join(line + "\n" for line in lines)


def strip_trailing(text):
    """The text without spaces at the ends of its lines, and without empty lines at its end."""
    lines = [line.rstrip() for line in lines_of(text)]
    while lines and not lines[-1]:
        lines.pop()
    return join_lines(lines)


def number_lines(text, start=1):
    """The text with a number before each line, as wide as the widest number."""
    lines = lines_of(text)
    width = len(str(start + len(lines) - 1))
    return join_lines(f"{number:>{width}} {line}" for number, line in enumerate(lines, start))


def longest_line(text):
    """How many columns the widest line takes; 0 for an empty text."""
    return max((columns(line) for line in lines_of(text)), default=0)


def head(text, count):
    """The first lines of a text."""
    return join_lines(lines_of(text)[:count])


def tail(text, count):
    """The last lines of a text."""
    return join_lines(lines_of(text)[-count:]) if count else ""


# --- Columns -----------------------------------------------------------------------------------


def columns(line):
    """How many columns a line takes on paper: wide characters take two, accents none."""
    count = 0
    for character in line:
        if unicodedata.combining(character):
            continue
        count += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return count


def expand_tabs(line, tab=TAB):
    """The line with its tabs as spaces."""
    return line.expandtabs(tab)


def pad(text, width, align="left"):
    """The text with spaces up to a width: left, right or center. A longer text is left alone."""
    missing = max(0, width - columns(text))
    if align == "left":
        return text + " " * missing
    if align == "right":
        return " " * missing + text
    if align == "center":
        before = missing // 2
        return " " * before + text + " " * (missing - before)
    raise ValueError(f"unknown alignment: {align}")


def shorten(text, width):
    """The text cut to a width, with an ellipsis where something is missing."""
    if len(text) <= width:
        return text
    if width < 1:
        return ""
    return text[: width - 1].rstrip() + ELLIPSIS


def ruler(width, step=10):
    """A line to count columns with: a digit at each step, dots between."""
    marks = []
    for column in range(1, width + 1):
        marks.append(str(column // step % 10) if column % step == 0 else ".")
    return "".join(marks)


# --- Indentation -------------------------------------------------------------------------------


def indentation(line):
    """How many spaces a line begins with, its tabs expanded."""
    expanded = expand_tabs(line)
    return len(expanded) - len(expanded.lstrip(" "))


def indent(text, by, first=None):
    """The text with spaces before each line that is not empty; `first` is for the first line."""
    result = []
    for number, line in enumerate(lines_of(text)):
        spaces = first if number == 0 and first is not None else by
        result.append(" " * spaces + line if line else line)
    return join_lines(result)


def dedent(text):
    """The text without the indentation that all its lines share. Empty lines do not count."""
    lines = [expand_tabs(line) for line in lines_of(text)]
    shared = min((indentation(line) for line in lines if line.strip()), default=0)
    return join_lines(line[shared:] if line.strip() else "" for line in lines)


# --- Paragraphs --------------------------------------------------------------------------------


def paragraphs(text):
    """The paragraphs of a text: lists of lines, which empty lines part."""
    result, current = [], []
    for line in lines_of(text):
        if line.strip():
            current.append(line)
        elif current:
            result.append(current)
            current = []
    if current:
        result.append(current)
    return result


def unwrap(text):
    """The text with each paragraph on one line, and an empty line between paragraphs."""
    joined = (" ".join(line.strip() for line in lines) for lines in paragraphs(text))
    return "\n".join(line + "\n" for line in joined)


def wrap(text, width):
    """The words of a text in lines of a width at the most; a longer word is broken."""
    if width < 1:
        raise ValueError("the width must be at least 1")
    lines = []
    current = ""
    for word in text.split():
        while len(word) > width:
            if current:
                lines.append(current)
                current = ""
            lines.append(word[:width])
            word = word[width:]
        if not word:
            continue
        if not current:
            current = word
        elif len(current) + 1 + len(word) <= width:
            current += " " + word
        else:
            lines.append(current)
            current = word
    if current:
        lines.append(current)
    return lines


def wrap_paragraphs(text, width):
    """The text with each of its paragraphs wrapped."""
    wrapped = (join_lines(wrap(" ".join(lines), width)) for lines in paragraphs(text))
    return "\n".join(wrapped)


def justify(line, width):
    """The line with its spaces widened to a width; those on the left first."""
    words = line.split()
    if len(words) < 2:
        return line
    spaces = width - sum(len(word) for word in words)
    gaps = len(words) - 1
    if spaces < gaps:
        return line
    each, more = divmod(spaces, gaps)
    parts = []
    for number, word in enumerate(words[:-1]):
        parts.append(word + " " * (each + (1 if number < more else 0)))
    return "".join(parts) + words[-1]


def is_bullet(line):
    """Whether a line begins an item of a list."""
    return line.lstrip().startswith(BULLETS)


def bullets(items, width):
    """Items as a list: each wrapped, with its further lines under its first word."""
    result = []
    for item in items:
        for number, line in enumerate(wrap(item, width - 2)):
            result.append(("- " if number == 0 else "  ") + line)
    return join_lines(result)


# --- Words -------------------------------------------------------------------------------------


def words(text):
    """The words of a text in lower case."""
    return re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", text.lower())


def common_words(text, count):
    """The most frequent words with how often they occur, then by the alphabet."""
    counted = Counter(words(text))
    return sorted(counted.items(), key=lambda entry: (-entry[1], entry[0]))[:count]


def capitalize_title(text):
    """The text as a title: its words begin with capitals, but short words within do not."""
    small = {"a", "an", "and", "in", "of", "on", "or", "the", "to"}
    result = []
    for number, word in enumerate(text.split()):
        keep_small = number > 0 and word.lower() in small
        result.append(word.lower() if keep_small else word[:1].upper() + word[1:])
    return " ".join(result)


def initials(name):
    """The first letters of a name's words, in capitals."""
    return "".join(word[0].upper() for word in name.split())


def squeeze(text):
    """The text with single spaces between its words."""
    return " ".join(text.split())


# --- Tables ------------------------------------------------------------------------------------


def table(rows, align=None):
    """Rows as lines, with columns as wide as their widest cell and two spaces between."""
    rows = [[str(cell) for cell in row] for row in rows]
    if not rows:
        return ""
    count = max(len(row) for row in rows)
    rows = [row + [""] * (count - len(row)) for row in rows]
    widths = [max(columns(row[column]) for row in rows) for column in range(count)]
    align = align or ["left"] * count
    lines = []
    for row in rows:
        cells = (pad(cell, width, how) for cell, width, how in zip(row, widths, align))
        lines.append("  ".join(cells).rstrip())
    return join_lines(lines)


def boxed(text):
    """The text in a frame of lines."""
    lines = lines_of(text)
    width = max((columns(line) for line in lines), default=0)
    edge = "+" + "-" * (width + 2) + "+"
    return join_lines([edge, *(f"| {pad(line, width)} |" for line in lines), edge])
