-- The trace of the request behind an event: its id, that of the span and the flags, 25 bytes; empty, which is no byte, for a
-- request whose trace nobody records.
ALTER TABLE events ADD COLUMN trace BLOB NOT NULL DEFAULT x'';
