// The types of the server's own API below `/api/runledger/v1` under the names that the UI uses. They are made from the server's
// description of itself; see `npm run types`. Times are epoch milliseconds.
import type { components } from "./schema";

type Schemas = components["schemas"];

/** A metric value: JSON has no NaN or infinities, so those three travel as strings. */
export type MetricValue = Schemas["MetricValue"];

export type Experiment = Schemas["Experiment"];
export type ExperimentList = Schemas["ExperimentList"];
export type ExperimentActivity = Schemas["ExperimentActivity"];
export type ExperimentActivities = Schemas["ExperimentActivities"];
export type PurgeAnswer = Schemas["PurgeAnswer"];
/** A key of params, tags or metrics. */
export type FieldCount = Schemas["Field"];
export type Fields = Schemas["Fields"];

/** A query as the UI asks it, without leaving anything to the server. */
export type RunsQuery = Required<Omit<Schemas["RunsQuery"], "at" | "snapshot">> & {
  /** A position of the log or a time: the table as it was then. */
  at?: number;
  snapshot?: string;
};
export type ViewType = RunsQuery["view"];
export type RunRow = Schemas["RunRow"];
export type RunStatus = RunRow["status"];
export type RunsAnswer = Schemas["RunsAnswer"];

/** One of the groups of the table; `values` and `metrics` have one element per column. */
export type GroupsQuery = Required<Omit<Schemas["GroupsQuery"], "at">> & { at?: number };
/** The latest values of a metric over a group, of those runs that have one that is a number. */
export type GroupSpread = Schemas["GroupSpread"];
export type RunGroup = Schemas["RunGroup"];
export type GroupsAnswer = Schemas["GroupsAnswer"];

/** A named state of the table of runs. */
export type SavedView = Schemas["SavedView"];

/** Character offsets into a filter: from (inclusive) and to (exclusive). */
export type Span = [from: number, to: number];
export type FilterCheck = Omit<Schemas["FilterCheck"], "span" | "warnings" | "tokens"> & {
  span?: Span;
  warnings?: { message: string; span: Span }[];
  tokens: FilterToken[];
};
/** A piece of a filter, with its place. */
export type FilterToken = Omit<Schemas["FilterToken"], "span"> & { span: Span };

/** Of the server or of MLflow's endpoints. */
export type ErrorBody = Omit<Schemas["ErrorBody"], "span"> & { span?: Span };

export type RunDetail = Schemas["RunDetail"];
export type RunInfo = Schemas["RunInfo"];
export type MetricSummary = Schemas["MetricSummary"];
/** An event and when it was recorded. */
export type Milestone = Schemas["Milestone"];
/** Between which events the past of a run lies. */
export type RunSpan = Schemas["RunSpan"];

export type SeriesQuery = Required<
  Omit<Schemas["SeriesQuery"], "from" | "to" | "at" | "smooth">
> & {
  from?: number;
  to?: number;
  /** A position of the log or a time: the histories as they were then. */
  at?: number;
  /** 0 to below 1: how much of the moving average so far is left one unit of x later. */
  smooth?: number;
};
export type Series = Schemas["Series"];
export type SeriesAnswer = Schemas["SeriesAnswer"];

export type LedgerEvent = Schemas["LedgerEvent"];
export type EventsAnswer = Schemas["EventsAnswer"];

export type ArtifactEntry = Schemas["ArtifactEntry"];
export type ArtifactList = Schemas["ArtifactList"];

export type OpsStatus = Schemas["OpsStatus"];
export type RefusedWrites = Schemas["RefusedWrites"];
export type Upload = Schemas["Upload"];
/** An upload whose bytes are arriving. */
export type IncomingUpload = Schemas["IncomingUpload"];
export type UploadList = Schemas["UploadList"];

/** Which runs: at most 1000 by id, or all runs of one table. */
export type BulkRuns = { run_ids: string[] } | { snapshot: string };
export type BulkAction = BulkRuns & Pick<Schemas["BulkAction"], "action">;
/** `undo` is the call that takes it back. */
export type BulkAnswer = Omit<Schemas["BulkAnswer"], "undo"> & { undo: BulkAction };

/** Runs under a short id. */
export type Selection = Schemas["Selection"];

export type SampleDataAnswer = Schemas["SampleDataAnswer"];

export type RunChange = Schemas["RunChange"];
/** `event: change` of the live stream. */
export type StreamChange = Schemas["StreamChange"];
/** `event: lag` of the live stream. */
export type StreamLag = Schemas["StreamLag"];
