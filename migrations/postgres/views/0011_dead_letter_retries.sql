-- When somebody asked to have the event projected again, in milliseconds since the epoch.
ALTER TABLE dead_letters ADD COLUMN retry_asked_at BIGINT;
CREATE INDEX dead_letters_asked ON dead_letters (projection, position) WHERE retry_asked_at IS NOT NULL;
