// Ticks and their labels, for linear, logarithmic and time axes.
import { MONTHS, onClock, zoneOffset } from "../parts/zone";

/** Round tick positions (1, 2 or 5 times a power of ten) inside [min, max], about `count` of them. */
export function linearTicks(min: number, max: number, count: number): number[] {
  if (!Number.isFinite(min) || !Number.isFinite(max) || max < min) return [];
  if (min === max) return [min];
  const step = niceStep((max - min) / Math.max(1, count));
  const first = Math.ceil(min / step - 1e-9);
  const last = Math.floor(max / step + 1e-9);
  const ticks: number[] = [];
  for (let index = first; index <= last; index++) {
    // Multiplying leaves digits such as 0.30000000000000004, which a label would show.
    ticks.push(Number((index * step).toPrecision(12)));
  }
  return ticks;
}

/** The round step nearest to `raw`. */
export function niceStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw));
  const lead = raw / power;
  const nice = lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10;
  return nice * power;
}

/** Ticks of a logarithmic axis: powers of ten, with 2 and 5 between them when there is room. */
export function logTicks(min: number, max: number, count: number): number[] {
  if (!(min > 0) || !Number.isFinite(max) || max < min) return [];
  const low = Math.floor(Math.log10(min));
  const high = Math.ceil(Math.log10(max));
  const decades = high - low;
  const stride = Math.max(1, Math.ceil(decades / Math.max(1, count)));
  const leads =
    decades <= 1
      ? [1, 2, 3, 5, 7]
      : decades * 3 <= count
        ? [1, 2, 5]
        : decades * 2 <= count
          ? [1, 3]
          : [1];
  const ticks: number[] = [];
  for (let power = low; power <= high; power++) {
    if ((power - low) % stride !== 0) continue;
    for (const lead of leads) {
      const tick = Number(`${lead}e${power}`);
      if (tick >= min * (1 - 1e-9) && tick <= max * (1 + 1e-9)) ticks.push(tick);
    }
  }
  // A range inside one decade may hold none of them; a linear division still helps the reader.
  return ticks.length >= 2 ? ticks : linearTicks(min, max, count);
}

const SUFFIXES = ["", "k", "M", "G", "T"];

/** A short label. `step` is the distance of the ticks and decides how many digits are needed. */
export function tickLabel(value: number, step = 0): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e15 || size < 1e-4) return trimmed(value.toExponential(digitsFor(value, step)));
  if (size >= 10_000) {
    const group = Math.min(SUFFIXES.length - 1, Math.floor(Math.log10(size) / 3 + 1e-12));
    const unit = 1000 ** group;
    const digits = step > 0 ? decimals(step / unit) : 1;
    return `${trimZeros((value / unit).toFixed(Math.min(digits, 6)))}${SUFFIXES[group]}`;
  }
  return trimZeros(value.toFixed(step > 0 ? Math.min(decimals(step), 10) : 6));
}

function digitsFor(value: number, step: number): number {
  if (step <= 0) return 2;
  return Math.min(
    6,
    Math.max(0, Math.floor(Math.log10(Math.abs(value))) - Math.floor(Math.log10(step) + 1e-9)),
  );
}

/** The digits behind the point that write the step exactly, such as two for 0.25. */
function decimals(step: number): number {
  const first = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  for (let digits = first; digits < first + 3; digits++) {
    const scaled = step * 10 ** digits;
    if (Math.abs(scaled - Math.round(scaled)) < scaled * 1e-6) return digits;
  }
  return first + 1;
}

function trimZeros(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

function trimmed(text: string): string {
  return text.replace(/\.?0*e/, "e").replace("e+", "e");
}

/** Labels of a set of ticks; the closest pair decides the digits. */
export function tickLabels(ticks: readonly number[], log = false): string[] {
  if (log) return ticks.map((tick) => tickLabel(Number(tick.toPrecision(3))));
  let step = 0;
  for (let index = 1; index < ticks.length; index++) {
    const gap = Math.abs((ticks[index] ?? 0) - (ticks[index - 1] ?? 0));
    if (gap > 0 && (step === 0 || gap < step)) step = gap;
  }
  return ticks.map((tick) => tickLabel(tick, step));
}

const SECONDS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];
const MINUTES = [1, 2, 5, 10, 15, 30].map((n) => n * 60);
const HOURS = [1, 2, 3, 6, 12].map((n) => n * 3600);
const DAYS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].map((n) => n * 86_400);
const DURATIONS = [...SECONDS, ...MINUTES, ...HOURS, ...DAYS];

/** Ticks of a relative time axis in seconds, at round durations. */
export function durationTicks(min: number, max: number, count: number): number[] {
  if (!Number.isFinite(min) || !Number.isFinite(max) || max <= min) return [];
  const raw = (max - min) / Math.max(1, count);
  if (raw < 0.1) return linearTicks(min, max, count);
  const step = DURATIONS.find((candidate) => candidate >= raw) ?? niceStep(raw);
  const ticks: number[] = [];
  for (let index = Math.ceil(min / step - 1e-9); index * step <= max * (1 + 1e-12); index++) {
    ticks.push(Number((index * step).toPrecision(12)));
  }
  return ticks;
}

/** 90 -> "1m 30s"; negative durations keep their sign. */
export function durationLabel(seconds: number): string {
  if (seconds === 0) return "0";
  const sign = seconds < 0 ? "−" : "";
  const size = Math.abs(seconds);
  if (size < 60) return `${sign}${trimZeros(size.toFixed(size < 1 ? 3 : 1))}s`;
  const whole = Math.round(size);
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor((whole % 86_400) / 3600), "h"],
    [Math.floor((whole % 3600) / 60), "m"],
    [whole % 60, "s"],
  ];
  const start = parts.findIndex(([n]) => n > 0);
  const shown = parts.slice(start, start + 2).filter(([n]) => n > 0);
  return sign + shown.map(([n, unit]) => `${n}${unit}`).join(" ");
}

/** Ticks of a wall clock axis (seconds since the epoch), at round times of the reader. */
export function clockTicks(min: number, max: number, count: number): number[] {
  // The reader's midnight is what he calls round, so ticks are counted from it.
  const offset = zoneOffset(min * 1000) / 1000;
  return durationTicks(min + offset, max + offset, count).map((tick) => tick - offset);
}

const pad = (n: number) => String(n).padStart(2, "0");

/** Labels of a clock axis: the time of day, and the date where a new day begins. */
export function clockLabels(ticks: readonly number[]): string[] {
  const step = (ticks[1] ?? 0) - (ticks[0] ?? 0);
  let day = "";
  return ticks.map((tick) => {
    const at = onClock(tick * 1000);
    const date = `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()] ?? ""}`;
    if (step >= 86_400) return date;
    const time = `${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}${step < 60 ? `:${pad(at.getUTCSeconds())}` : ""}`;
    const label = day !== "" && day !== date ? `${date} ${time}` : time;
    day = date;
    return label;
  });
}

/** One moment of a clock axis in full. */
export function clockLabel(seconds: number): string {
  const at = onClock(seconds * 1000);
  const time = `${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}:${pad(at.getUTCSeconds())}`;
  return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()] ?? ""} ${at.getUTCFullYear()} ${time}`;
}
