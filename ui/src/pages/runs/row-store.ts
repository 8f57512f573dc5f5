// What the grid shows, whether run by run or in groups: rows by their place, fetched as they come
// into view, kept in a store outside React.
import type { RunsQuery } from "../../api/contract";
import type { Group } from "./groups";
import type { LoadedRow, RunTableState } from "./run-windows";

/** A row that stands for a group of runs. */
export interface GroupLine {
  group: Group;
  open: boolean;
}

export interface RowStore {
  watch: (watcher: () => void) => () => void;
  current: () => RunTableState;
  /** How many rows there are, groups included. */
  count: () => number;
  /** The run at a place, when it is loaded and is no group. */
  at: (index: number) => LoadedRow | undefined;
  groupAt: (index: number) => GroupLine | undefined;
  /** Opens or closes the group at a place. */
  toggle: (index: number) => void;
  /** Ids of the loaded runs, in order. */
  loadedIds: () => string[];
  /** Tells which rows are on screen. */
  show: (first: number, last: number) => void;
  /** These runs have changed. */
  touch: (runIds: ReadonlySet<string>) => void;
  /** Asks the same anew. */
  refresh: () => void;
  stop: () => void;
  /** What is asked now, for an export of the same runs. */
  exportQuery: () => RunsQuery | undefined;
}
