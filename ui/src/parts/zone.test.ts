import { afterEach, describe, expect, it } from "vitest";
import { clockLabel, clockLabels, clockTicks } from "../charts/ticks";
import { endOfDay } from "../pages/experiments/days";
import { formatAgo, formatClock, formatDateTime } from "./format";
import { LOCAL, momentOf, setZone, zoneNote, zoneOffset } from "./zone";

const HOUR = 3_600_000;
const MARCH = Date.UTC(2026, 2, 5, 22, 30, 15, 7);

afterEach(() => setZone(LOCAL));

describe("a time zone", () => {
  it("is in every time that is shown", () => {
    for (const [zone, shown, note] of [
      ["UTC", "2026-03-05 22:30:15", " (UTC)"],
      ["Asia/Kolkata", "2026-03-06 04:00:15", " (Asia/Kolkata)"],
      ["America/New_York", "2026-03-05 17:30:15", " (America/New_York)"],
    ] as const) {
      setZone(zone);
      expect(formatDateTime(MARCH)).toBe(shown);
      expect(formatClock(MARCH)).toBe(`${shown.slice(11)}.007`);
      expect(zoneNote()).toBe(note);
      expect(clockLabel(MARCH / 1000)).toContain(shown.slice(11));
    }
    setZone("Asia/Kolkata");
    expect(formatAgo(MARCH, MARCH + 30 * 24 * HOUR)).toBe("6 Mar");
    expect(formatAgo(Date.UTC(2025, 11, 31, 20), MARCH)).toBe("1 Jan");
    setZone("UTC");
    expect(formatAgo(Date.UTC(2025, 11, 31, 20), MARCH)).toBe("31 Dec 2025");
  });
  it("that the browser does not know is this computer's", () => {
    setZone("Moon/Tycho");
    expect(zoneNote()).toBe("");
    expect(zoneOffset(MARCH)).toBe(-new Date(MARCH).getTimezoneOffset() * 60_000);
  });
  it("changes with the season", () => {
    setZone("America/New_York");
    const change = Date.UTC(2026, 2, 8, 7);
    expect(zoneOffset(change - 1)).toBe(-5 * HOUR);
    expect(zoneOffset(change)).toBe(-4 * HOUR);
    for (const at of [MARCH, change - HOUR, change + HOUR])
      expect(momentOf(at + zoneOffset(at))).toBe(at);
  });
  it("decides where a day ends and which ticks are round", () => {
    setZone("Asia/Kolkata");
    expect(endOfDay(MARCH)).toBe(Date.UTC(2026, 2, 6, 18, 30));
    const from = Date.UTC(2026, 2, 5, 18, 0) / 1000;
    const ticks = clockTicks(from, from + 3 * 3600, 3);
    expect(clockLabels(ticks)).toEqual(["00:00", "01:00", "02:00"]);
  });
});
