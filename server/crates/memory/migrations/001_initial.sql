-- Times are milliseconds since 1970, UTC.

PRAGMA application_id = 0x44564B4D; -- "DVKM"

-- A shelf has its passages in a word index of its own, `words_<id>`, which is made with it: so one
-- project's words never weigh in another's search, and a large one does not slow a small one. Shelf 0
-- holds the passages that projects share; it has no project.
CREATE TABLE shelves (
    id       INTEGER PRIMARY KEY,
    project  TEXT UNIQUE,
    -- How many passages, and terms of them, are on it: for BM25.
    passages INTEGER NOT NULL DEFAULT 0,
    terms    INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO shelves (id) VALUES (0);
CREATE VIRTUAL TABLE words_0 USING fts5(
    terms, content = '', contentless_delete = 1, tokenize = 'ascii'
);

-- Narrow, since searches filter by it; what a passage says is in `texts`, by the same `place`. A place
-- is never used twice.
CREATE TABLE passages (
    place   INTEGER PRIMARY KEY AUTOINCREMENT,
    id      BLOB NOT NULL UNIQUE,
    project INTEGER NOT NULL REFERENCES shelves (id),
    shelf   INTEGER NOT NULL REFERENCES shelves (id),
    kind    TEXT NOT NULL,
    source  TEXT NOT NULL,
    at      INTEGER NOT NULL,
    expires INTEGER,
    -- How many terms it has.
    terms   INTEGER NOT NULL,
    -- The first 16 bytes of the hash of what is embedded.
    content BLOB NOT NULL
) STRICT;
-- With all that a filter may ask for, so that it need not look at the passages.
CREATE INDEX passages_by_source ON passages (project, kind, source, shelf, at, expires);
CREATE INDEX passages_by_content ON passages (content);
CREATE INDEX passages_shared ON passages (kind, source) WHERE shelf = 0;
CREATE INDEX passages_that_expire ON passages (expires) WHERE expires IS NOT NULL;

CREATE TABLE texts (
    place INTEGER PRIMARY KEY REFERENCES passages (place),
    title TEXT NOT NULL,
    text  TEXT NOT NULL
) STRICT;

-- Those that made vectors. Vectors of different models are never compared.
CREATE TABLE models (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    name      TEXT NOT NULL UNIQUE,
    -- Numbers in a vector; none before the first.
    dimension INTEGER,
    -- The last number that was given to a code.
    last_code INTEGER NOT NULL DEFAULT 0,
    used      INTEGER NOT NULL
) STRICT;

-- By content, so that the same text is embedded once. Numbers have 16 bits, in steps whose size comes
-- first, a 32-bit float; little-endian.
CREATE TABLE vectors (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    model   INTEGER NOT NULL REFERENCES models (id),
    content BLOB NOT NULL,
    numbers BLOB NOT NULL,
    UNIQUE (model, content)
) STRICT;

-- Which passage has which vector; with the signs of its numbers, which are compared first. The order
-- of codes is that in which they were written, so that who has read some reads on after them.
CREATE TABLE codes (
    shelf   INTEGER NOT NULL REFERENCES shelves (id),
    model   INTEGER NOT NULL REFERENCES models (id),
    number  INTEGER NOT NULL,
    passage INTEGER NOT NULL REFERENCES passages (place),
    kind    TEXT NOT NULL,
    vector  INTEGER NOT NULL REFERENCES vectors (id),
    signs   BLOB NOT NULL,
    PRIMARY KEY (shelf, model, number)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX codes_by_passage ON codes (passage, model);

-- Contents whose vectors no passage needs since then. Code comes back when another branch is checked
-- out; so they are kept for a while.
CREATE TABLE unused (
    content BLOB PRIMARY KEY,
    since   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX unused_by_time ON unused (since);
