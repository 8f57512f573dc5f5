import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Pace } from "./pace";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("the first is done at once, the rest at most once in a while", () => {
  const pace = new Pace(1000);
  const done = vi.fn();
  pace.run(done);
  vi.advanceTimersByTime(1);
  expect(done).toHaveBeenCalledTimes(1);
  for (let at = 0; at < 30; at++) {
    pace.run(done);
    vi.advanceTimersByTime(100);
  }
  expect(done.mock.calls.length).toBeGreaterThanOrEqual(3);
  expect(done.mock.calls.length).toBeLessThanOrEqual(4);
});

test("after a pause it is at once again, and nothing follows the end", () => {
  const pace = new Pace(1000);
  const done = vi.fn();
  pace.run(done);
  vi.advanceTimersByTime(5000);
  pace.run(done);
  vi.advanceTimersByTime(1);
  expect(done).toHaveBeenCalledTimes(2);
  pace.run(done);
  pace.stop();
  vi.advanceTimersByTime(5000);
  expect(done).toHaveBeenCalledTimes(2);
});
