-- Commands that the user allows for a project for good, by what the approval is bound to.
CREATE TABLE approvals (
    project     TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    line        TEXT NOT NULL,
    time        TEXT NOT NULL,
    PRIMARY KEY (project, fingerprint)
) STRICT, WITHOUT ROWID;
