// MLflow clients print links with a hash route, `{uri}/#/experiments/1/runs/abc`. This maps them to
// our paths, so that every link that was ever printed or pasted still opens the right page.

function list(value: string | null): string[] {
  if (!value) return [];
  try {
    const parsed: unknown = JSON.parse(value);
    return Array.isArray(parsed) ? parsed.filter((one) => typeof one === "string") : [];
  } catch {
    return value.split(",").filter(Boolean);
  }
}

/** The path below the base path for a hash, or undefined when the hash is not one of MLflow's. */
export function mapHash(hash: string): string | undefined {
  if (!hash.startsWith("#/")) return undefined;
  const cut = hash.indexOf("?");
  const path = cut < 0 ? hash.slice(1) : hash.slice(1, cut);
  const search = new URLSearchParams(cut < 0 ? "" : hash.slice(cut + 1));
  const parts = path.split("/").filter(Boolean);
  const [kind, id, sub, run, tab, ...rest] = parts;

  if (kind === "experiments" && id && sub === "runs" && run) {
    const base = `/runs/${run}`;
    if (tab === "model-metrics") return `${base}/metrics`;
    if (tab === "system-metrics") return `${base}/system`;
    if (tab === "artifacts" || tab === "artifactPath")
      return [`${base}/artifacts`, ...rest].join("/");
    return base;
  }
  if (kind === "experiments" && id && sub === "models")
    return [`/experiments/${id}/models`, ...(run ? [run] : [])].join("/");
  if (kind === "experiments" && id) {
    const filter = search.get("searchFilter");
    return `/experiments/${id}${filter ? `?q=${encodeURIComponent(filter)}` : ""}`;
  }
  if (kind === "models") {
    if (id === undefined) return "/models";
    return sub === "versions" && run ? `/models/${id}/versions/${run}` : `/models/${id}`;
  }
  if (kind === "prompts") return id ? `/models/${id}` : "/models?kind=prompts";
  if (kind === "compare-runs" || kind === "metric") {
    const runs = list(search.get("runs"));
    if (runs.length === 0) return "/experiments";
    const tabPart = kind === "metric" ? "&tab=lines" : "";
    return `/compare?runs=${runs.map(encodeURIComponent).join(",")}${tabPart}`;
  }
  return "/experiments";
}
