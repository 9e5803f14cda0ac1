-- Tokens are counts, money is nano-dollars. Times here are Unix milliseconds, for they are reckoned
-- with; days are `YYYY-MM-DD`, by UTC.

-- What calls to models cost.
ALTER TABLE usage ADD COLUMN cost INTEGER NOT NULL DEFAULT 0;

-- Calls to models that wait for a place or are being made; a call that ended has no row any more.
-- The numbers are never given again, so that a late word about one call is not taken for another's.
CREATE TABLE calls (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    task        INTEGER NOT NULL,
    project     TEXT NOT NULL,
    provider    TEXT NOT NULL,
    model       TEXT NOT NULL,
    -- The process that makes it.
    holder      TEXT NOT NULL,
    running     INTEGER NOT NULL CHECK (running IN (0, 1)),
    -- Whether it is the one call that tries out a provider that was left alone.
    probe       INTEGER NOT NULL CHECK (probe IN (0, 1)),
    -- Set aside for it while it runs.
    tokens      INTEGER NOT NULL,
    cost        INTEGER NOT NULL,
    -- The day that it is charged to.
    day         TEXT NOT NULL,
    -- Calls to the provider at one time, as configured where it was made.
    concurrency INTEGER NOT NULL,
    -- The provider's `slowings` when it began.
    slowings    INTEGER NOT NULL,
    -- When its maker last asked for it.
    asked       INTEGER NOT NULL
) STRICT;

-- What ended calls have used: a row for each task, day, project and model, however many the calls.
CREATE TABLE spending (
    -- `task`, `day`, `project` or `model`.
    scope         TEXT NOT NULL,
    -- The task's number, the day, the project's root, `provider/model`.
    name          TEXT NOT NULL,
    calls         INTEGER NOT NULL,
    tokens        INTEGER NOT NULL,
    cost          INTEGER NOT NULL,
    -- The highest caps whose near end the user was warned of.
    warned_tokens INTEGER NOT NULL DEFAULT 0,
    warned_cost   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (scope, name)
) STRICT, WITHOUT ROWID;

-- How providers have behaved.
CREATE TABLE providers (
    name      TEXT PRIMARY KEY,
    -- Failures in a row.
    failures  INTEGER NOT NULL,
    -- For how long it is left alone, in milliseconds, and since when; 0 while it is well.
    rest      INTEGER NOT NULL,
    rested_at INTEGER NOT NULL,
    -- How many calls at one time it was found to bear; null until it asked for fewer.
    places    REAL,
    -- How often it asked for fewer.
    slowings  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Caps that the user gave to single tasks, in place of the configured one.
CREATE TABLE task_caps (
    task   INTEGER PRIMARY KEY REFERENCES tasks (id),
    cost   INTEGER,
    tokens INTEGER
) STRICT;

-- The model that the user last chose for a project, as `provider/model`.
CREATE TABLE chosen_models (
    project TEXT PRIMARY KEY,
    model   TEXT NOT NULL,
    time    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
