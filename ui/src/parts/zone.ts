// The time zone in which times are shown: this computer's, UTC, or one by its name, as chosen in the settings. Everything that
// writes a time for people asks here.

/** `local`, or a name such as `UTC` or `Europe/Berlin`. */
export type Zone = string;

export const LOCAL: Zone = "local";
export const MONTHS = [
  "Jan",
  "Feb",
  "Mar",
  "Apr",
  "May",
  "Jun",
  "Jul",
  "Aug",
  "Sep",
  "Oct",
  "Nov",
  "Dec",
] as const;

/** Zones change their distance to UTC at quarters of an hour only. */
const QUARTER_MS = 15 * 60_000;
/** Distances that are remembered, because asking for one is slow. */
const REMEMBERED = 2000;

let zone: Zone = LOCAL;
let format: Intl.DateTimeFormat | undefined;
let offsets = new Map<number, number>();

/** Shows times in a zone from now on; in this computer's when the browser does not know that one. */
export function setZone(wanted: Zone): void {
  zone = wanted === "UTC" || formatIn(wanted) ? wanted : LOCAL;
  format = formatIn(zone);
  offsets = new Map();
}

function formatIn(name: Zone): Intl.DateTimeFormat | undefined {
  if (name === LOCAL) return undefined;
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch {
    return undefined;
  }
}

/** The zone in words, where it is not the reader's own. */
export function zoneNote(): string {
  return zone === LOCAL ? "" : ` (${zone})`;
}

/** The name of this computer's zone. */
export function localName(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** By how many milliseconds clocks of the zone are ahead of UTC at a moment. */
export function zoneOffset(at: number): number {
  if (zone === "UTC" || !Number.isFinite(at)) return 0;
  if (!format) return -new Date(at).getTimezoneOffset() * 60_000;
  const quarter = Math.floor(at / QUARTER_MS);
  const known = offsets.get(quarter);
  if (known !== undefined) return known;
  const start = quarter * QUARTER_MS;
  const shown = Object.fromEntries(
    format.formatToParts(start).map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown;
  const offset = Date.UTC(year, month - 1, day, hour, minute, second) - start;
  if (offsets.size >= REMEMBERED) offsets.clear();
  offsets.set(quarter, offset);
  return offset;
}

/** The clock of the zone at a moment, in the UTC fields of a date. */
export function onClock(at: number): Date {
  return new Date(at + zoneOffset(at));
}

/** The moment at which the clock of the zone shows this: milliseconds as if it were UTC. */
export function momentOf(shown: number): number {
  // Of an hour that the clock shows twice the later is taken; one that it leaves out is read as the clock before it.
  return shown - zoneOffset(shown - zoneOffset(shown));
}
