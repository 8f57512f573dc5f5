import { expect, it } from "vitest";
import { MAX_WIDTH, MIN_WIDTH, readWidths, widthAfterKey, withWidth } from "./widths";

it("reads widths, and leaves out what is none", () => {
  expect(readWidths(null)).toEqual({});
  expect(readWidths("no JSON")).toEqual({});
  expect(readWidths("null")).toEqual({});
  expect(readWidths('{"name":300,"status":"wide","user":null,"id":99999}')).toEqual({
    name: 300,
    id: MAX_WIDTH,
  });
});

it("changes one width within bounds, and takes it back", () => {
  const now = withWidth({ name: 200 }, "metrics.a", 3);
  expect(now).toEqual({ name: 200, "metrics.a": MIN_WIDTH });
  expect(withWidth(now, "name", undefined)).toEqual({ "metrics.a": MIN_WIDTH });
});

it("knows the keys on the edge of a column", () => {
  expect(widthAfterKey("ArrowRight", false, 100)).toEqual({ width: 108 });
  expect(widthAfterKey("ArrowLeft", true, 100)).toEqual({ width: 60 });
  expect(widthAfterKey("ArrowLeft", true, 60)).toEqual({ width: MIN_WIDTH });
  expect(widthAfterKey("Enter", false, 100)).toEqual({ width: undefined });
  expect(widthAfterKey("a", false, 100)).toBeUndefined();
});
