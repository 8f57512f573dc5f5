-- Since when a webhook is told of what happens. What happened while it was disabled is not for it, however late that is looked at.
ALTER TABLE webhooks ADD COLUMN active_since BIGINT NOT NULL DEFAULT 0;
UPDATE webhooks SET active_since = created_at;
