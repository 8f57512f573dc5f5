-- Which groups of tables of a generation are built from the log; the others are taken over from the active one. NULL: all are built.
ALTER TABLE view_generations ADD COLUMN views TEXT;
