// The types of the server's own API below `/api/runledger/v1`. Times are epoch milliseconds.
// This file only describes what travels; nothing here runs.

/** A metric value: JSON has no NaN or infinities, so those three travel as strings. */
export type MetricValue = number | "NaN" | "Infinity" | "-Infinity";

export type LifecycleStage = "active" | "deleted";
export type ViewType = "active" | "deleted" | "all";
export type RunStatus = "RUNNING" | "SCHEDULED" | "FINISHED" | "FAILED" | "KILLED";

/** Character offsets into a filter: from (inclusive) and to (exclusive). */
export type Span = [from: number, to: number];

export interface ErrorBody {
  error_code: string;
  message: string;
  request_id?: string;
  span?: Span;
}

export interface Experiment {
  experiment_id: string;
  name: string;
  lifecycle_stage: LifecycleStage;
  artifact_location: string;
  created: number;
  updated: number;
  tags: Record<string, string>;
  runs: number;
  running: number;
  failed_24h: number;
  last_activity: number | null;
}

export interface ExperimentList {
  position: number;
  experiments: Experiment[];
}

/** What goes on in one experiment. */
export interface ExperimentActivity {
  /** Runs begun on each of 14 days, the latest at the end; absent = none on any. */
  days?: number[];
  /** The user with the most runs. */
  owner?: string;
}

export interface ExperimentActivities {
  /** By id; only those of which there is something to say. */
  experiments: Record<string, ExperimentActivity>;
}

export interface PurgeAnswer {
  /** Runs that were removed. */
  runs: number;
}

/** A named state of the table of runs. */
export interface SavedView {
  name: string;
  /** Query parameters of the page. */
  search: string;
}

export interface FieldCount {
  key: string;
  /** How many active runs have it. */
  runs: number;
}

export interface MetricField extends FieldCount {
  min: MetricValue;
  max: MetricValue;
}

export interface Fields {
  params: FieldCount[];
  tags: FieldCount[];
  metrics: MetricField[];
}

export interface RunsQuery {
  experiment_ids: string[];
  filter: string;
  order_by: string[];
  view: ViewType;
  /** `params.<key>`, `metrics.<key>`, `tags.<key>`, without quoting. */
  columns: string[];
  offset: number;
  limit: number;
  /** Pins which runs match and their order. Without one a new snapshot is made; 410 = forgotten. */
  snapshot?: string;
}

export interface RunRow {
  run_id: string;
  experiment_id: string;
  name: string;
  user: string;
  status: RunStatus;
  start: number;
  end: number | null;
  deleted: boolean;
  /** One per requested column. */
  values: (string | MetricValue | null)[];
}

export interface RunsAnswer {
  snapshot: string;
  matched: number;
  total: number;
  position: number;
  lag_events: number;
  ms: number;
  rows: RunRow[];
}

export interface GroupsQuery {
  experiment_ids: string[];
  filter: string;
  view: ViewType;
  /** `params.<key>`, `tags.<key>`, `status`, `user`; at most 4. */
  group: string[];
  /** Keys of metrics, at most 50. */
  metrics: string[];
}

/** The latest values of a metric over a group, of those runs that have one that is a number. */
export interface GroupSpread {
  runs: number;
  min: MetricValue | null;
  /** Null also where infinities have none. */
  mean: MetricValue | null;
  max: MetricValue | null;
}

export interface RunGroup {
  /** One per column of the grouping; null where the runs have none. */
  values: (string | null)[];
  runs: number;
  /** The latest start. */
  start: number;
  /** One per metric. */
  metrics: GroupSpread[];
}

export interface GroupsAnswer {
  /** The largest first, at most 1000. */
  groups: RunGroup[];
  more: boolean;
  matched: number;
  total: number;
  position: number;
  lag_events: number;
  ms: number;
}

export interface RunInfo {
  run_id: string;
  experiment_id: string;
  name: string;
  user: string;
  status: RunStatus;
  start: number;
  end: number | null;
  deleted: boolean;
  artifact_uri: string;
}

export interface MetricSummary {
  key: string;
  last: MetricValue;
  step: number;
  timestamp: number;
  min: MetricValue;
  max: MetricValue;
  points: number;
  nans: number;
}

export interface DatasetInput {
  name: string;
  digest: string;
  context: string;
}

/** An event and when it was recorded. */
export interface Milestone {
  position: number;
  at: number;
}

/** Between which events the past of a run lies. */
export interface RunSpan {
  first: Milestone;
  last: Milestone;
}

export interface RunDetail {
  run: RunInfo;
  experiment: { experiment_id: string; name: string };
  params: Record<string, string>;
  tags: Record<string, string>;
  metrics: MetricSummary[];
  datasets: DatasetInput[];
  position: number;
  /** The last event that counts, where the run is shown as it was. */
  as_of?: Milestone;
}

export interface SeriesQuery {
  /** At most 50. */
  runs: string[];
  /** At most 50. */
  metrics: string[];
  x: "step" | "time";
  from?: number;
  to?: number;
  /** 10 to 2000. */
  buckets: number;
  /** A position of the log, or milliseconds since the epoch: the histories as they were then. */
  at?: number;
}

export interface Series {
  run_id: string;
  metric: string;
  /** Points in the asked range, before bucketing. */
  points: number;
  x: number[];
  min: number[];
  max: number[];
  last: number[];
  /** x of points that are NaN, at most 200. */
  nans: number[];
  /** x and sign of infinite points, at most 200. */
  infs: [x: number, sign: 1 | -1][];
}

export interface SeriesAnswer {
  series: Series[];
}

export interface LedgerEvent {
  position: number;
  kind: string;
  at: number;
  actor: string | null;
  request_id: string | null;
  payload: Record<string, unknown>;
  /** Only in the feed of the whole log. */
  stream?: string;
}

export interface EventsAnswer {
  events: LedgerEvent[];
  more: boolean;
}

export type UploadState = "staged" | "stored" | "failed";

export interface ArtifactEntry {
  path: string;
  is_dir: boolean;
  size: number | null;
  state?: UploadState;
  upload_id?: string;
  sha256?: string;
  staged_at?: number;
  error?: string;
}

export interface ArtifactList {
  root_uri: string;
  entries: ArtifactEntry[];
}

export interface OpsCheck {
  name: string;
  ok: boolean;
  essential: boolean;
  detail: string;
}

export interface ProjectionStatus {
  name: string;
  position: number;
  lag_events: number;
}

export interface OpsStatus {
  version: string;
  position: number;
  uptime_s: number;
  ready: { status: "ready" | "degraded" | "not ready"; checks: OpsCheck[] };
  projections: ProjectionStatus[];
  uploads: { staged: number; failed: number; spool_bytes: number; spool_quota_bytes: number };
  dead_letters: number;
}

export interface Upload {
  upload_id: string;
  path: string;
  size: number;
  sha256: string;
  state: UploadState;
  error: string | null;
  staged_at: number;
}

export interface UploadList {
  uploads: Upload[];
}

/** Which runs: at most 1000 by id, or all runs of one table. */
export type BulkRuns = { run_ids: string[] } | { snapshot: string };

export type BulkAction = BulkRuns & { action: "delete" | "restore" };

export interface BulkAnswer {
  done: number;
  /** The call that takes it back. */
  undo: BulkAction;
}

export type RunChangeKind = "created" | "updated" | "metrics" | "deleted" | "restored";

export interface RunChange {
  run_id: string;
  /** Null where the server no longer knows it. */
  experiment_id: string | null;
  kind: RunChangeKind;
}

/** `event: change` of the live stream. */
export interface StreamChange {
  position: number;
  experiments: string[];
  runs: RunChange[];
}

/** `event: lag` of the live stream. */
export interface StreamLag {
  position: number;
  lag_events: number;
}
