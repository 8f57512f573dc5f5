// Which runs are selected. Values are never changed in place, so they can be React state.

export interface Selection {
  ids: ReadonlySet<string>;
  /** The row from which a range with Shift begins. */
  anchor: number | undefined;
  /** All runs of this table, loaded or not; `ids` is then empty. */
  all?: { snapshot: string; count: number } | undefined;
}

export const nothing: Selection = { ids: new Set(), anchor: undefined };

export function wholeTable(snapshot: string, count: number): Selection {
  return { ids: new Set(), anchor: undefined, all: { snapshot, count } };
}

export function isSelected(selection: Selection, id: string): boolean {
  return selection.all !== undefined || selection.ids.has(id);
}

export function countOf(selection: Selection): number {
  return selection.all?.count ?? selection.ids.size;
}

/** "All" is a promise about one table: another table, and it is over. */
export function forTable(selection: Selection, snapshot: string | undefined): Selection {
  return selection.all && selection.all.snapshot !== snapshot ? nothing : selection;
}

/** The same without "all": the runs that are loaded, because only their ids are known. */
export function explicit(selection: Selection, loaded: string[]): Selection {
  return selection.all ? { ids: new Set(loaded), anchor: selection.anchor } : selection;
}

export function toggle(selection: Selection, id: string, row: number | undefined): Selection {
  const ids = new Set(selection.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ids, anchor: row };
}

/** Adds the runs between the anchor and `row`. Rows that are not loaded have no id and are left. */
export function extend(
  selection: Selection,
  row: number,
  idAt: (row: number) => string | undefined,
): Selection {
  const anchor = selection.anchor ?? row;
  const ids = new Set(selection.ids);
  for (let at = Math.min(anchor, row); at <= Math.max(anchor, row); at++) {
    const id = idAt(at);
    if (id !== undefined) ids.add(id);
  }
  return { ids, anchor };
}

/** Selects all of them, or, when all are selected already, none of them. */
export function toggleAll(selection: Selection, all: string[]): Selection {
  if (selection.all) return nothing;
  const ids = new Set(selection.ids);
  const every = all.length > 0 && all.every((id) => ids.has(id));
  for (const id of all) {
    if (every) ids.delete(id);
    else ids.add(id);
  }
  return { ids, anchor: undefined };
}

/** For the box in the head: all, some or none of the loaded rows. */
export function coverage(selection: Selection, all: string[]): "all" | "some" | "none" {
  if (selection.all) return "all";
  if (selection.ids.size === 0) return "none";
  return all.length > 0 && all.every((id) => selection.ids.has(id)) ? "all" : "some";
}
