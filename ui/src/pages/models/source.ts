// Where the files of a model version are, told from its source. Pure.

export type FilePlace =
  | { kind: "logged"; modelId: string }
  | { kind: "run"; runId: string; path: string };

const MODEL_ID = /^m-[0-9a-f]{32}$/;

function run(runId: string, path: string): FilePlace {
  return { kind: "run", runId, path: path.replace(/^\/+|\/+$/g, "") };
}

function unescaped(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/**
 * The place that a source or a storage address names, or undefined where it names none that this
 * server can show: another registry, a bucket, or a version of another model, which has to be asked.
 */
export function placeOfSource(source: string, runId: string): FilePlace | undefined {
  const models = /^models:\/+([^/]+)$/.exec(source);
  if (models?.[1] && MODEL_ID.test(models[1])) return { kind: "logged", modelId: models[1] };
  const runs = /^runs:\/+([^/]+)(?:\/(.*))?$/.exec(source);
  if (runs?.[1]) return run(runs[1], runs[2] ?? "");
  const logged = /\/models\/(m-[0-9a-f]{32})\/artifacts\/?$/.exec(source);
  if (logged?.[1]) return { kind: "logged", modelId: logged[1] };
  if (runId === "") return undefined;
  const marker = `/${runId}/artifacts`;
  const at = source.indexOf(marker);
  if (at < 0) return undefined;
  const rest = source.slice(at + marker.length);
  return rest === "" || rest.startsWith("/") ? run(runId, unescaped(rest)) : undefined;
}

/** The registered version that a source names, as copies have it. */
export function versionOfSource(source: string): { name: string; version: string } | undefined {
  const found = /^models:\/+([^/]+)\/(\d+)$/.exec(source);
  return found?.[1] && found[2] ? { name: unescaped(found[1]), version: found[2] } : undefined;
}
