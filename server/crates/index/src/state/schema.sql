CREATE TABLE about (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- A file without a hash is about to change in the memory, or was when the program ended.
CREATE TABLE files (
    id       INTEGER PRIMARY KEY,
    path     TEXT NOT NULL UNIQUE,
    size     INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    changed  INTEGER NOT NULL,
    hash     BLOB,
    language INTEGER,
    left_out TEXT,
    lines    INTEGER NOT NULL,
    passages INTEGER NOT NULL
);

CREATE TABLE symbols (
    file      INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    name      TEXT NOT NULL,
    container TEXT NOT NULL,
    kind      TEXT NOT NULL,
    line      INTEGER NOT NULL,
    last_line INTEGER NOT NULL,
    signature TEXT NOT NULL
);
CREATE INDEX symbols_by_file ON symbols (file);
CREATE INDEX symbols_by_name ON symbols (name);

-- The names that a file mentions, one a line with how often it does, in one row: the map reads them
-- all, and nobody reads some of them.
CREATE TABLE mentions (
    file  INTEGER PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE,
    names TEXT NOT NULL
);
