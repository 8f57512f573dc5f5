-- Operators look at uploads that are staged or given up, in the order in which they came, and find one by its id.
CREATE INDEX artifacts_unsettled ON artifacts (staged_at, path) WHERE state <> 'stored';
CREATE INDEX artifacts_by_upload ON artifacts (upload_id);
DROP INDEX artifacts_staged;
