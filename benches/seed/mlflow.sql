-- Adds the seeded runs :first to :runs - 1 to the experiment `seeded`, as MLflow's API would have stored them
-- (src/works/seed.rs says what a run holds). A run that the API made is the pattern for their headers.
BEGIN;
-- The rows fit together; checking each foreign key would double the time.
SET LOCAL session_replication_role = replica;
CREATE TEMPORARY TABLE fresh AS
  SELECT n, md5('seeded-' || n) AS id FROM generate_series(:first, :runs - 1) AS n;

INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time,
                  source_version, lifecycle_stage, artifact_uri, experiment_id)
SELECT id, 'bench-' || n, source_type, source_name, entry_point_name, user_id, status, 1790000000000 + n * 1000,
       source_version, lifecycle_stage, replace(artifact_uri, run_uuid, id), experiment_id
FROM fresh,
     (SELECT runs.* FROM runs JOIN experiments USING (experiment_id) WHERE experiments.name = 'seeded' LIMIT 1) AS pattern;

INSERT INTO latest_metrics (run_uuid, key, value, timestamp, step, is_nan)
SELECT id, 'm' || k, (n * 7919 + k * 104729 + n / 10 * k) % 100003 / 100003.0::float8, 1790000000000, 0, false
FROM fresh, generate_series(0, 19) AS k;

INSERT INTO metrics (run_uuid, key, value, timestamp, step, is_nan)
SELECT run_uuid, key, value, timestamp, step, is_nan FROM latest_metrics WHERE run_uuid IN (SELECT id FROM fresh);

INSERT INTO params (run_uuid, key, value)
SELECT id, 'p' || k, 'v' || (n + n / 10 * k) % 10 FROM fresh, generate_series(0, 19) AS k;

INSERT INTO tags (run_uuid, key, value)
SELECT id, 't' || k, ((n + k) % 3)::text FROM fresh, generate_series(0, 4) AS k
UNION ALL
SELECT id, 'mlflow.runName', 'bench-' || n FROM fresh;
COMMIT;
