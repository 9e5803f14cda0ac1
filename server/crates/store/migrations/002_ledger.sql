-- What calls to models cost, in nano-dollars.
ALTER TABLE usage ADD COLUMN cost INTEGER NOT NULL DEFAULT 0;
