-- Times are RFC 3339, UTC, milliseconds. JSON columns hold the protocol's types.

PRAGMA application_id = 0x44564B41; -- "DVKA"

CREATE TABLE tasks (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    project TEXT NOT NULL,
    prompt  TEXT NOT NULL,
    mode    TEXT NOT NULL,
    model   TEXT,
    state   TEXT NOT NULL,
    -- The process that works on the task, while one does.
    holder  TEXT,
    created TEXT NOT NULL
) STRICT;
CREATE INDEX tasks_by_project ON tasks (project, id);
CREATE INDEX tasks_held ON tasks (holder) WHERE holder IS NOT NULL;

CREATE TABLE events (
    seq   INTEGER PRIMARY KEY AUTOINCREMENT,
    time  TEXT NOT NULL,
    task  INTEGER NOT NULL REFERENCES tasks (id),
    event TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_task ON events (task, seq);

CREATE TABLE journal (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    task    INTEGER NOT NULL REFERENCES tasks (id),
    key     TEXT NOT NULL,
    kind    TEXT NOT NULL,
    intent  TEXT NOT NULL,
    -- Null until the act is known to be done.
    outcome TEXT,
    started TEXT NOT NULL,
    settled TEXT,
    UNIQUE (task, key)
) STRICT;

CREATE TABLE messages (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    task INTEGER NOT NULL REFERENCES tasks (id),
    role TEXT NOT NULL,
    text TEXT NOT NULL,
    time TEXT NOT NULL
) STRICT;
CREATE INDEX messages_by_task ON messages (task, id);

CREATE TABLE usage (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    task   INTEGER NOT NULL REFERENCES tasks (id),
    model  TEXT NOT NULL,
    input  INTEGER NOT NULL,
    cached INTEGER NOT NULL,
    output INTEGER NOT NULL,
    time   TEXT NOT NULL
) STRICT;
CREATE INDEX usage_by_task ON usage (task);

CREATE TABLE trust (
    project TEXT PRIMARY KEY,
    trusted INTEGER NOT NULL CHECK (trusted IN (0, 1)),
    time    TEXT NOT NULL
) STRICT;
