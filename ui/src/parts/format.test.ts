import { describe, expect, it } from "vitest";
import {
  formatAgo,
  formatBytes,
  formatCount,
  formatDuration,
  formatNumber,
  fullNumber,
  toNumber,
} from "./format";

describe("formatNumber", () => {
  it.each([
    [0, "0"],
    [-0, "0"],
    [1, "1"],
    [-3, "−3"],
    [61204, "61204"],
    [0.9873, "0.9873"],
    [0.123456789, "0.12346"],
    [-0.5, "−0.5"],
    [99999.96, "1e5"],
    [1234567.5, "1.2346e6"],
    [0.0001, "0.0001"],
    [0.00001234, "1.234e−5"],
    [1e-300, "1e−300"],
    [1e308, "1e308"],
    [2e9, "2e9"],
    ["NaN", "NaN"],
    ["Infinity", "+Inf"],
    ["-Infinity", "−Inf"],
  ] as const)("%s is %s", (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });
});

it("keeps every digit of the full number", () => {
  expect(fullNumber(0.1 + 0.2)).toBe("0.30000000000000004");
  expect(fullNumber(-0)).toBe("-0");
  expect(fullNumber("-Infinity")).toBe("-Infinity");
  expect(toNumber("NaN")).toBeNaN();
});

it("groups counts and scales bytes", () => {
  expect(formatCount(100_000)).toBe("100,000");
  expect(formatBytes(0)).toBe("0 B");
  expect(formatBytes(999)).toBe("999 B");
  expect(formatBytes(41_000)).toBe("41 KB");
  expect(formatBytes(999_700)).toBe("1.0 MB");
  expect(formatBytes(1_200_000_000)).toBe("1.2 GB");
});

describe("durations", () => {
  it.each([
    [0, "0 ms"],
    [340, "340 ms"],
    [12_340, "12.3 s"],
    [59_999, "59.9 s"],
    [60_000, "1 m 00 s"],
    [245_000, "4 m 05 s"],
    [7_620_000, "2 h 07 m"],
    [273_600_000, "3 d 04 h"],
    [-1, "—"],
    [Number.NaN, "—"],
  ])("%s is %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe("how long ago", () => {
  const now = new Date(2026, 5, 15, 12).getTime();
  it.each([
    [0, "now"],
    [1_900, "now"],
    [-5_000, "now"],
    [2_000, "2 s ago"],
    [61_000, "1 min ago"],
    [3 * 3600_000, "3 h ago"],
    [3 * 86_400_000, "3 d ago"],
    [30 * 86_400_000, "16 May"],
    [400 * 86_400_000, "11 May 2025"],
  ])("%s is %s", (ms, text) => {
    expect(formatAgo(now - ms, now)).toBe(text);
  });
});
