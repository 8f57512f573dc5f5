// Pins that are set where the table is not on the screen. They live in the address of the table, so what is pinned elsewhere
// waits in this tab until the table of the experiment is opened, by whatever way, and then goes into its address.
import { pinning } from "./url-state";

/** What is known of the pins of an experiment's table. */
export interface Pins {
  /** The runs on top when the table was last on the screen. */
  top: string[];
  /** What was changed since, by run: whether it is to be on top. */
  changes: Record<string, boolean>;
}

const none: Pins = { top: [], changes: {} };

export function isPinned(pins: Pins, runId: string): boolean {
  return pins.changes[runId] ?? pins.top.includes(runId);
}

export function withPin(pins: Pins, runId: string, pinned: boolean): Pins {
  return { ...pins, changes: { ...pins.changes, [runId]: pinned } };
}

/** The runs on top after what was changed elsewhere. */
export function applied(top: string[], changes: Pins["changes"]): string[] {
  let result = top;
  for (const [runId, pinned] of Object.entries(changes))
    if (result.includes(runId) !== pinned) result = pinning(result, [runId]);
  return result;
}

const storageKey = (experimentId: string) => `runledger.pins.${experimentId}`;

export function readPins(experimentId: string): Pins {
  try {
    const kept = JSON.parse(sessionStorage.getItem(storageKey(experimentId)) ?? "") as Pins;
    return Array.isArray(kept.top) && typeof kept.changes === "object" ? kept : none;
  } catch {
    // Nothing is kept, or the browser keeps nothing.
    return none;
  }
}

export function keepPins(experimentId: string, pins: Pins): void {
  try {
    sessionStorage.setItem(storageKey(experimentId), JSON.stringify(pins));
  } catch {
    // Without storage a pin is good for the table alone.
  }
}
