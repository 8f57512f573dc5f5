// The artifacts of several runs as one list: each path once, with the runs that have it. Pure.
import type { ArtifactEntry } from "../../api/contract";
import { byName } from "../../charts/metrics";

export interface Merged {
  path: string;
  isDir: boolean;
  /** The entry of each run, in the order of the runs; undefined where it has none. */
  entries: readonly (ArtifactEntry | undefined)[];
  /** All runs have the file, with the same bytes. */
  same: boolean;
}

/** Folders first, then by name. A path that is a folder in one run and a file in another is in the list twice. */
export function mergeEntries(lists: readonly (readonly ArtifactEntry[])[]): Merged[] {
  const found = new Map<string, (ArtifactEntry | undefined)[]>();
  lists.forEach((list, run) => {
    for (const entry of list) {
      const key = `${entry.is_dir ? "d" : "f"}${entry.path}`;
      const entries = found.get(key) ?? lists.map(() => undefined);
      entries[run] = entry;
      found.set(key, entries);
    }
  });
  const merged = [...found].map(([key, entries]) => ({
    path: key.slice(1),
    isDir: key.startsWith("d"),
    entries,
    same: areSame(entries),
  }));
  return merged.sort((a, b) => Number(b.isDir) - Number(a.isDir) || byName(a.path, b.path));
}

/** Whether all have the same bytes, as far as their digests are known. */
export function areSame(entries: readonly (ArtifactEntry | undefined)[]): boolean {
  const [first] = entries;
  return (
    entries.length > 1 &&
    first?.sha256 !== undefined &&
    entries.every((entry) => entry?.sha256 === first.sha256)
  );
}
