-- Projects that the user has put aside: they are listed on request only.
CREATE TABLE archived (
    project TEXT PRIMARY KEY,
    time    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
