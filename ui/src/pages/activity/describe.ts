// Events of the log in words. Pure; the run's timeline, the activity page and the event tail share it.
import type { LedgerEvent } from "../../api/contract";
import { formatBytes, formatCount, formatDateTime } from "../../parts/format";

export type EventGroup =
  | "run"
  | "params"
  | "metrics"
  | "tags"
  | "artifacts"
  | "inputs"
  | "experiment"
  | "other";

export interface Described {
  group: EventGroup;
  title: string;
  /** Details, each on its own line. `before` is known only where an earlier event is in sight. */
  details: { label: string; before?: string | undefined; after?: string | undefined }[];
  bad?: boolean;
}

type Payload = Record<string, unknown>;

const text = (value: unknown): string =>
  typeof value === "string" ? value : value == null ? "" : JSON.stringify(value);

function pairs(value: unknown): { label: string; after: string }[] {
  if (!Array.isArray(value)) return [];
  return value.map((pair: Payload) => ({ label: text(pair.key), after: text(pair.value) }));
}

const many = (count: number, one: string) =>
  `${formatCount(count)} ${one}${count === 1 ? "" : "s"}`;

/** The path of an artifact below its run: `7/<run>/artifacts/model/a.bin` -> `model/a.bin`. */
export function artifactName(path: string): string {
  const at = path.indexOf("/artifacts/");
  return at >= 0 ? path.slice(at + "/artifacts/".length) : path;
}

function metricDetails(payload: Payload): Described {
  const keys = Array.isArray(payload.keys) ? payload.keys.map(text) : [];
  const counts = Array.isArray(payload.counts) ? payload.counts.map(Number) : [];
  const points = counts.reduce((sum, count) => sum + count, 0);
  return {
    group: "metrics",
    title: `Logged ${many(points || keys.length, "point")} of ${many(keys.length, "metric")}`,
    details: keys.map((key, index) => ({ label: key, after: many(counts[index] ?? 0, "point") })),
  };
}

function runUpdate(payload: Payload): Described {
  const details: Described["details"] = [];
  if (payload.status != null) details.push({ label: "status", after: text(payload.status) });
  if (payload.name != null) details.push({ label: "name", after: text(payload.name) });
  if (typeof payload.end_time === "number")
    details.push({ label: "end", after: formatDateTime(payload.end_time) });
  const status = text(payload.status);
  const title = status
    ? `Status became ${status.toLowerCase()}`
    : payload.name != null
      ? `Renamed to “${text(payload.name)}”`
      : "Run updated";
  return { group: "run", title, details, bad: status === "FAILED" };
}

/** `earlier` are the events before this one, newest first, for the values that it replaced. */
export function describe(event: LedgerEvent, earlier: readonly LedgerEvent[] = []): Described {
  const payload = event.payload;
  const path = artifactName(text(payload.path));
  const simple = (group: EventGroup, title: string, bad = false): Described => ({
    group,
    title,
    details: [],
    bad,
  });
  switch (event.kind) {
    case "RunCreated":
      return {
        group: "run",
        title: `Run “${text(payload.name)}” created`,
        details: pairs(payload.tags),
      };
    case "RunUpdated":
      return runUpdate(payload);
    case "RunDeleted":
      return simple("run", "Run deleted");
    case "RunRestored":
      return simple("run", "Run restored");
    case "RunPurged":
      return simple("run", "Run removed for good");
    case "ParamsLogged": {
      const params = pairs(payload.params);
      return { group: "params", title: `Set ${many(params.length, "parameter")}`, details: params };
    }
    case "TagsSet":
    case "ExperimentTagsSet": {
      const tags = pairs(payload.tags).map((tag) => ({
        ...tag,
        before: tagBefore(tag.label, event, earlier),
      }));
      return { group: "tags", title: `Set ${many(tags.length, "tag")}`, details: tags };
    }
    case "TagDeleted":
    case "ExperimentTagDeleted": {
      const key = text(payload.key);
      const before = tagBefore(key, event, earlier);
      return {
        group: "tags",
        title: `Removed the tag ${key}`,
        details: before === undefined ? [] : [{ label: key, before }],
      };
    }
    case "MetricsLogged":
      return metricDetails(payload);
    case "InputsLogged": {
      const sets = Array.isArray(payload.datasets)
        ? (payload.datasets as { dataset?: Payload }[])
        : [];
      return {
        group: "inputs",
        title: `Used ${many(sets.length, "dataset")}`,
        details: sets.map(({ dataset }) => ({
          label: text(dataset?.name),
          after: text(dataset?.digest),
        })),
      };
    }
    case "OutputsLogged": {
      const models = Array.isArray(payload.models) ? (payload.models as Payload[]) : [];
      return {
        group: "inputs",
        title: `Produced ${many(models.length, "model")}`,
        details: models.map((model) => ({
          label: text(model.model_id),
          after: `step ${text(model.step)}`,
        })),
      };
    }
    case "ArtifactStaged":
      return simple(
        "artifacts",
        `Received ${path} (${formatBytes(Number(payload.size))}), waiting for storage`,
      );
    case "ArtifactStored":
      return simple("artifacts", `Stored ${path}`);
    case "ArtifactUploaded":
      return simple("artifacts", `Uploaded ${path} (${formatBytes(Number(payload.size))})`);
    case "ArtifactUploadFailed":
      return {
        group: "artifacts",
        title: `Storing ${path} failed after ${many(Number(payload.attempts), "attempt")}`,
        details: [{ label: "reason", after: text(payload.reason) }],
        bad: true,
      };
    case "ArtifactUploadRetried":
      return simple("artifacts", `Storing ${path} is tried again`);
    case "ArtifactDeleted":
      return simple("artifacts", `Deleted ${path}`);
    case "ArtifactRemoved":
      return simple("artifacts", `Removed ${path} from storage`);
    case "ExperimentCreated":
      return {
        group: "experiment",
        title: `Experiment “${text(payload.name)}” created`,
        details: pairs(payload.tags),
      };
    case "ExperimentRenamed":
      return simple("experiment", `Experiment renamed to “${text(payload.name)}”`);
    case "ExperimentDeleted":
      return simple("experiment", "Experiment deleted");
    case "ExperimentRestored":
      return simple("experiment", "Experiment restored");
    case "ExperimentPurged":
      return simple("experiment", "Experiment removed for good");
    default:
      // A newer server may know kinds that this page does not: show them rather than hide them.
      return simple("other", event.kind);
  }
}

/** The value that a tag had before `event`, as far as the earlier events tell. */
function tagBefore(
  key: string,
  event: LedgerEvent,
  earlier: readonly LedgerEvent[],
): string | undefined {
  for (const old of earlier) {
    if (old.position >= event.position || old.stream !== event.stream) continue;
    if (
      (old.kind === "TagDeleted" || old.kind === "ExperimentTagDeleted") &&
      old.payload.key === key
    )
      return undefined;
    if (Array.isArray(old.payload.tags)) {
      const found = pairs(old.payload.tags).find((pair) => pair.label === key);
      if (found) return found.after;
    }
  }
  return undefined;
}

export interface EventRow {
  /** The newest event of the row. */
  event: LedgerEvent;
  events: LedgerEvent[];
  described: Described;
  /** For so many milliseconds before this row no points came, though they had before. */
  gap?: number;
}

const TOGETHER_MS = 60_000;

/** Events newest first as rows for people: logging of metrics and parameters in a row becomes one row. */
export function groupEvents(events: readonly LedgerEvent[]): EventRow[] {
  const rows: EventRow[] = [];
  events.forEach((event, index) => {
    const last = rows[rows.length - 1];
    const oldest = last?.events[last.events.length - 1];
    const joins =
      (event.kind === "MetricsLogged" || event.kind === "ParamsLogged") &&
      oldest?.kind === event.kind &&
      oldest.actor === event.actor &&
      oldest.stream === event.stream &&
      oldest.at - event.at < TOGETHER_MS;
    if (last && joins) last.events.push(event);
    else rows.push({ event, events: [event], described: describe(event, events.slice(index + 1)) });
  });
  return rows.map((row) =>
    row.events.length === 1 ? row : { ...row, described: describeTogether(row.events) },
  );
}

function describeTogether(events: readonly LedgerEvent[]): Described {
  if (events[0]?.kind === "ParamsLogged") {
    const details = events.flatMap((event) => describe(event).details).reverse();
    return { group: "params", title: `Set ${many(details.length, "parameter")}`, details };
  }
  const points = new Map<string, number>();
  for (const { payload } of events) {
    const keys = Array.isArray(payload.keys) ? payload.keys.map(text) : [];
    const counts = Array.isArray(payload.counts) ? payload.counts.map(Number) : [];
    keys.forEach((key, index) => {
      points.set(key, (points.get(key) ?? 0) + (counts[index] ?? 0));
    });
  }
  return metricDetails({ keys: [...points.keys()], counts: [...points.values()] });
}

/** Where the subject of an event of the whole log has its page. */
export function subjectOf(stream: string | undefined): { label: string; to: string } | null {
  const [kind, ...rest] = (stream ?? "").split("/");
  if (kind === "run" && rest[0])
    return { label: `run ${rest[0].slice(0, 8)}`, to: `/runs/${rest[0]}` };
  if (kind === "experiment" && rest[0])
    return { label: `experiment ${rest[0]}`, to: `/experiments/${rest[0]}` };
  if (kind === "artifact" && rest[1]) {
    const path = rest.slice(rest[2] === "artifacts" ? 3 : 2).join("/");
    const run = rest[1];
    return {
      label: `run ${run.slice(0, 8)}`,
      to: `/runs/${run}/artifacts/${path.split("/").map(encodeURIComponent).join("/")}`,
    };
  }
  return null;
}
