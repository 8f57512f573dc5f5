// Saved views of a table of runs: what is in the address, under a name, in tags of the experiment.
// Pure.
import type { Experiment, SavedView } from "../../api/contract";

const PREFIX = "runledger.view.";
/** In the address: the view that the table began from. */
export const VIEW_PARAM = "view_id";

export interface View extends SavedView {
  id: string;
}

/** The views of an experiment, by name. Tags that are no views are left out. */
export function viewsOf(experiment: Experiment): View[] {
  const views: View[] = [];
  for (const [key, value] of Object.entries(experiment.tags)) {
    if (!key.startsWith(PREFIX)) continue;
    try {
      const { name, search } = JSON.parse(value) as Partial<SavedView>;
      if (typeof name === "string" && typeof search === "string")
        views.push({ id: key.slice(PREFIX.length), name, search });
    } catch {
      // Somebody else's tag.
    }
  }
  return views.sort((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id));
}

/** An id for a new view. Also where a page that came over plain HTTP has no `randomUUID`. */
export function newViewId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * What the address means: with nothing but the id of a view it is that view, so that a link stays
 * right when the view is changed.
 */
export function resolved(search: URLSearchParams, views: readonly View[]): URLSearchParams {
  const id = search.get(VIEW_PARAM);
  if (id === null || [...search.keys()].some((key) => key !== VIEW_PARAM)) return search;
  const view = views.find((one) => one.id === id);
  if (!view) return search;
  const full = new URLSearchParams(view.search);
  full.set(VIEW_PARAM, id);
  return full;
}

/** The part of an address that a view keeps. Two that mean the same are the same text. */
export function content(search: URLSearchParams): string {
  const kept = new URLSearchParams(search);
  kept.delete(VIEW_PARAM);
  kept.sort();
  return kept.toString();
}

/** The address after a change: short where it is just the view, without it where nothing is left. */
export function shortened(search: URLSearchParams, views: readonly View[]): URLSearchParams {
  const id = search.get(VIEW_PARAM);
  if (id === null) return search;
  const now = content(search);
  const view = views.find((one) => one.id === id);
  if (view && content(new URLSearchParams(view.search)) === now)
    return new URLSearchParams({ [VIEW_PARAM]: id });
  // Alone, the id would mean what the view holds and not what is shown.
  return now === "" ? new URLSearchParams() : search;
}
