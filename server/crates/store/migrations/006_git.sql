-- Where a task works and commits, in words of the protocol; not known of tasks of older versions.
ALTER TABLE tasks ADD COLUMN git TEXT;
