-- What was done, a row an act, in order. It is only added to: a row's hash covers the row and the
-- hash of the row before it. AUTOINCREMENT remembers the last number, so that rows missing at the
-- end are noticed too.
CREATE TABLE audit (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    time   TEXT NOT NULL,
    -- The task's number, which is kept where the task itself is deleted.
    task   INTEGER,
    act    TEXT NOT NULL,
    -- JSON. Of the user's own words only a hash, so that they are gone when they are deleted.
    detail TEXT NOT NULL,
    hash   BLOB NOT NULL
) STRICT;

CREATE TRIGGER audit_rows_stay BEFORE DELETE ON audit
BEGIN SELECT raise(ABORT, 'the audit log is only added to'); END;

CREATE TRIGGER audit_rows_stay_as_they_are BEFORE UPDATE ON audit
BEGIN SELECT raise(ABORT, 'the audit log is only added to'); END;
