// Colours of runs: a run keeps its colour on every page because it follows from its id. Runs that collide within one
// visible set take the next free slot; from the ninth run on, dash patterns repeat the eight colours.

export const SLOTS = 8;

/** Dash patterns in CSS pixels; the first one is a solid line. */
export const DASHES: readonly (readonly number[])[] = [[], [7, 4], [2, 3]];

/** How many lines a chart draws one by one. */
export const MOST_LINES = 100;
/** The slot of runs without a line of their own; see group.ts. */
export const GROUP_SLOT = SLOTS;

export interface LineStyle {
  /** 0..7, the custom property `--c1` to `--c8`, or `GROUP_SLOT`. */
  slot: number;
  /** An index into `DASHES`. */
  dash: number;
}

/** FNV-1a; the ids are random, so a short hash spreads them evenly. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value ^= text.charCodeAt(index);
    value = Math.imul(value, 0x01000193);
  }
  return value >>> 0;
}

/** The slot that a run has when it is alone. */
export function slotOf(runId: string): number {
  return hash(runId) % SLOTS;
}

/** One style per run; the earlier run of two that collide keeps its own colour. */
export function assignStyles(runIds: readonly string[]): Map<string, LineStyle> {
  const styles = new Map<string, LineStyle>();
  let taken = new Set<number>();
  let round = 0;
  for (const runId of runIds) {
    if (styles.has(runId)) continue;
    if (styles.size >= MOST_LINES) {
      styles.set(runId, { slot: GROUP_SLOT, dash: 0 });
      continue;
    }
    if (taken.size === SLOTS) {
      taken = new Set();
      round += 1;
    }
    let slot = slotOf(runId);
    while (taken.has(slot)) slot = (slot + 1) % SLOTS;
    taken.add(slot);
    styles.set(runId, { slot, dash: round % DASHES.length });
  }
  return styles;
}

/** The colour of a slot as CSS; canvas code resolves it with `cssValue`. */
export function slotColour(slot: number): string {
  return slot === GROUP_SLOT ? "var(--fg)" : `var(--c${slot + 1})`;
}
