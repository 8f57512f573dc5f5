-- Segments of finished runs may lie in objects of the artifact store: then `object` names it, the points are these bytes of it, and
-- `columns` is empty. They are not merged any more.
ALTER TABLE metric_segments ADD COLUMN object TEXT COLLATE "C";
ALTER TABLE metric_segments ADD COLUMN object_start BIGINT;
ALTER TABLE metric_segments ADD COLUMN object_bytes BIGINT;
CREATE INDEX metric_segments_by_object ON metric_segments (object) WHERE object IS NOT NULL;
