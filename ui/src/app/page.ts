// What the shell shows about the present page: the document's title and the breadcrumbs. A page
// says it with `usePage`; the shell reads it with `useCrumbs`.
import { useEffect, useSyncExternalStore } from "react";

export interface Crumb {
  label: string;
  /** Where it leads; the last crumb usually has none. */
  to?: string | undefined;
}

let crumbs: Crumb[] = [];
const watchers = new Set<() => void>();

/** Sets title and breadcrumbs while the page is mounted. */
export function usePage(title: string, trail: Crumb[]): void {
  const key = JSON.stringify(trail);
  useEffect(() => {
    document.title = title === "" ? "Runledger" : `${title} · Runledger`;
    crumbs = JSON.parse(key) as Crumb[];
    for (const watcher of watchers) watcher();
  }, [title, key]);
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export function useCrumbs(): Crumb[] {
  return useSyncExternalStore(watch, () => crumbs);
}
