// Numbers, sizes and times as text. Pure; the same rules everywhere, so that one value never looks
// different on two pages.
import type { MetricValue } from "../api/contract";
import { MONTHS, onClock } from "./zone";

/** The number behind a value as it travels. */
export function toNumber(value: MetricValue): number {
  if (typeof value === "number") return value;
  if (value === "Infinity") return Number.POSITIVE_INFINITY;
  return value === "-Infinity" ? Number.NEGATIVE_INFINITY : Number.NaN;
}

function special(value: number): string | undefined {
  if (Number.isNaN(value)) return "NaN";
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  if (value === Number.NEGATIVE_INFINITY) return "−Inf";
  return undefined;
}

const trimZeros = (text: string) =>
  text.includes(".") ? text.replace(/0+(?=e|$)/, "").replace(/\.(?=e|$)/, "") : text;

/** Five significant digits; whole numbers in full up to nine places. */
export function formatNumber(value: MetricValue, digits = 5): string {
  const number = toNumber(value);
  const word = special(number);
  if (word) return word;
  if (number === 0) return "0";
  const size = Math.abs(number);
  if (Number.isInteger(number) && size < 1e9) return String(number).replace("-", "−");
  const text =
    size >= 1e6 || size < 1e-4
      ? trimZeros(number.toExponential(digits - 1))
      : trimZeros(number.toPrecision(digits));
  return text.replace(/^-/, "−").replace("e+", "e").replace("e-", "e−");
}

/** Every digit, as one would paste it into a program. */
export function fullNumber(value: MetricValue): string {
  const number = toNumber(value);
  if (Object.is(number, -0)) return "-0";
  return String(number);
}

const grouping = new Intl.NumberFormat("en-US");

/** A count with thousands separators. */
export function formatCount(value: number): string {
  return grouping.format(value);
}

export function formatBytes(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB", "PB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const text = unit === 0 || value >= 100 ? String(Math.round(value)) : value.toPrecision(2);
  return `${text} ${units[unit]}`;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time: `340 ms`, `12.3 s`, `4 m 05 s`, `2 h 07 m`, `3 d 04 h`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return "—";
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < MINUTE) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  const rest = (part: number) => two(Math.floor(part));
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} m ${rest((ms % MINUTE) / SECOND)} s`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h ${rest((ms % HOUR) / MINUTE)} m`;
  return `${Math.floor(ms / DAY)} d ${rest((ms % DAY) / HOUR)} h`;
}

/** How long ago; from a week on, the date. */
export function formatAgo(at: number, now: number): string {
  const ms = now - at;
  // Clocks differ by a little; a moment in the near future is "now".
  if (ms < 2 * SECOND && ms > -MINUTE) return "now";
  if (ms < 0) return formatDateTime(at);
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s ago`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ago`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h ago`;
  if (ms < 7 * DAY) return `${Math.floor(ms / DAY)} d ago`;
  const day = onClock(at);
  const text = `${day.getUTCDate()} ${MONTHS[day.getUTCMonth()] ?? ""}`;
  const year = day.getUTCFullYear();
  return year === onClock(now).getUTCFullYear() ? text : `${text} ${year}`;
}

const two = (value: number) => String(value).padStart(2, "0");

/** Date and time in the reader's zone, `2026-03-05 14:02:11`. */
export function formatDateTime(at: number): string {
  const date = onClock(at);
  return (
    `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())} ` +
    `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`
  );
}

/** The time of day in the reader's zone to the millisecond, `14:02:11.007`. */
export function formatClock(at: number): string {
  const milliseconds = String(onClock(at).getUTCMilliseconds()).padStart(3, "0");
  return `${formatDateTime(at).slice(11)}.${milliseconds}`;
}
