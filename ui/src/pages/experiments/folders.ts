// Experiments as a tree of folders, by the slashes in their names. Pure.
import type { Experiment } from "../../api/contract";
import type { Days } from "./days";
import { addDays } from "./days";
import { type Comparable, compare, type SortKey } from "./list";

/** What a row shows: of one experiment, or of all below a folder together. */
export interface Totals extends Comparable {
  days: Days | undefined;
}

export type TreeRow =
  | { kind: "experiment"; label: string; depth: number; one: Experiment; totals: Totals }
  | {
      kind: "folder";
      /** With a slash at the end. */
      path: string;
      label: string;
      depth: number;
      open: boolean;
      count: number;
      totals: Totals;
    };

interface Leaf {
  one: Experiment;
  totals: Totals;
}

type Node = { label: string } & (Leaf | { path: string; totals: Totals; leaves: Leaf[] });

/** The first folder in what is left of a name. A slash in front, as in `/Users/ann/x`, names none. */
function folderEnd(name: string, from: number): number {
  return name.indexOf("/", from + 1) + 1;
}

function together(label: string, leaves: Leaf[]): Totals {
  const sum = (value: (totals: Totals) => number) =>
    leaves.reduce((all, leaf) => all + value(leaf.totals), 0);
  const owners = new Set(leaves.map((leaf) => leaf.totals.owner).filter(Boolean));
  return {
    name: label,
    runs: sum((totals) => totals.runs),
    running: sum((totals) => totals.running),
    failed_24h: sum((totals) => totals.failed_24h),
    last_activity: leaves.reduce<number | null>((latest, { totals }) => {
      const at = totals.last_activity;
      return at === null ? latest : Math.max(latest ?? at, at);
    }, null),
    created: Math.max(...leaves.map((leaf) => leaf.totals.created)),
    owner: owners.size === 1 ? ([...owners][0] ?? "") : "",
    days: leaves.reduce<Days | undefined>((all, leaf) => addDays(all, leaf.totals.days), undefined),
  };
}

function nodesOf(leaves: Leaf[], from: number): Node[] {
  const folders = new Map<string, Leaf[]>();
  const nodes: Node[] = [];
  const asLeaf = (leaf: Leaf) => nodes.push({ label: leaf.one.name.slice(from), ...leaf });
  for (const leaf of leaves) {
    const end = folderEnd(leaf.one.name, from);
    // A name that ends with a slash is no folder.
    if (end === 0 || end === leaf.one.name.length) asLeaf(leaf);
    else {
      const path = leaf.one.name.slice(0, end);
      const inside = folders.get(path);
      if (inside) inside.push(leaf);
      else folders.set(path, [leaf]);
    }
  }
  for (const [start, inside] of folders) {
    const [only] = inside;
    // One experiment alone needs no folder around it.
    if (inside.length === 1 && only) {
      asLeaf(only);
      continue;
    }
    // A folder that holds nothing but another one is drawn as one with it.
    let path = start;
    for (;;) {
      const end = folderEnd(inside[0]?.one.name ?? "", path.length);
      const longer = (inside[0]?.one.name ?? "").slice(0, end);
      const shared = inside.every(
        ({ one }) => one.name.startsWith(longer) && one.name.length > longer.length,
      );
      if (end === 0 || !shared) break;
      path = longer;
    }
    const label = path.slice(from);
    nodes.push({ label, path, totals: together(label, inside), leaves: inside });
  }
  return nodes;
}

/** The rows of the tree from the top; below a folder only where it is open. */
export function treeRows(
  leaves: Leaf[],
  open: ReadonlySet<string>,
  key: SortKey,
  descending: boolean,
): TreeRow[] {
  const rows: TreeRow[] = [];
  const add = (inside: Leaf[], from: number, depth: number) => {
    const order = compare(key, descending);
    const nodes = nodesOf(inside, from).sort((a, b) => order(a.totals, b.totals));
    for (const node of nodes) {
      const { label, totals } = node;
      if ("one" in node) {
        rows.push({ kind: "experiment", label, depth, one: node.one, totals });
        continue;
      }
      const { path, leaves: below } = node;
      const isOpen = open.has(path);
      rows.push({ kind: "folder", path, label, depth, open: isOpen, count: below.length, totals });
      if (isOpen) add(below, path.length, depth + 1);
    }
  };
  add(leaves, 0, 0);
  return rows;
}
