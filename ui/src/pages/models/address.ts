// Addresses of the pages of models. A name may hold any character but `/` and `:`, so it is read from
// the address part by part: the router decodes an address as a whole, which cannot tell a `%` in a
// name from one that encodes. Pure.

export type Place =
  | { page: "list" }
  | { page: "model"; name: string }
  | { page: "version"; name: string; version: string }
  | { page: "none" };

export const listRoute = "/models";
export const promptsRoute = "/models?kind=prompts";

export function modelRoute(name: string): string {
  return `/models/${encodeURIComponent(name)}`;
}

export function versionRoute(name: string, version: string): string {
  return `${modelRoute(name)}/versions/${encodeURIComponent(version)}`;
}

export function loggedModelRoute(experimentId: string, modelId: string): string {
  return `/experiments/${encodeURIComponent(experimentId)}/models/${encodeURIComponent(modelId)}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // Typed by hand and not an encoding at all: then it is meant as it stands.
    return part;
  }
}

/** Which page an address shows; `base` is where the application is mounted. */
export function placeOf(pathname: string, base: string): Place {
  const path = pathname.startsWith(base) ? pathname.slice(base.length) : pathname;
  const parts = path.split("/").filter(Boolean).map(decoded);
  const [, name, versions, version] = parts;
  if (name === undefined) return { page: "list" };
  if (parts.length === 2) return { page: "model", name };
  if (parts.length === 4 && versions === "versions" && version !== undefined)
    return { page: "version", name, version };
  return { page: "none" };
}
