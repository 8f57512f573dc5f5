-- Which generation of the views these tables are. A projector moves a checkpoint only in the generation that it knows; one that
-- was replaced has its number negated, so that nobody goes on with it.
ALTER TABLE projections ADD COLUMN generation BIGINT NOT NULL DEFAULT 1;
