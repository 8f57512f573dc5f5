import { expect, it } from "vitest";
import { mapHash } from "./hash-links";

it.each([
  ["#/experiments/1/runs/abc", "/runs/abc"],
  ["#/experiments/1/runs/abc/overview", "/runs/abc"],
  ["#/experiments/1/runs/abc/model-metrics", "/runs/abc/metrics"],
  ["#/experiments/1/runs/abc/system-metrics", "/runs/abc/system"],
  ["#/experiments/1/runs/abc/artifacts", "/runs/abc/artifacts"],
  ["#/experiments/1/runs/abc/artifacts/plots/roc.png", "/runs/abc/artifacts/plots/roc.png"],
  ["#/experiments/1/runs/abc/artifactPath/a/b", "/runs/abc/artifacts/a/b"],
  ["#/experiments/1", "/experiments/1"],
  ["#/experiments/1/runs", "/experiments/1"],
  ["#/experiments/1/runs?searchFilter=metrics.a%20%3E%201", "/experiments/1?q=metrics.a%20%3E%201"],
  ['#/compare-runs?runs=["a","b"]&experiments=["1"]', "/compare?runs=a,b"],
  ["#/compare-runs?runs=%5B%22a%22,%22b%22%5D", "/compare?runs=a,b"],
  ['#/metric?runs=["a"]&metric="loss"', "/compare?runs=a&tab=lines"],
  ["#/compare-runs?runs=[broken", "/compare?runs=%5Bbroken"],
  ["#/compare-runs", "/experiments"],
  ["#/experiments/1/models/m-abc", "/experiments/1/models/m-abc"],
  ["#/experiments/1/models", "/experiments/1/models"],
  ["#/models", "/models"],
  ["#/models/iris", "/models/iris"],
  ["#/models/a%20b%25/versions/3", "/models/a%20b%25/versions/3"],
  ["#/models/iris/versions", "/models/iris"],
  ["#/prompts", "/models?kind=prompts"],
  ["#/prompts/summarise", "/models/summarise"],
  ["#/", "/experiments"],
  ["#/something/else", "/experiments"],
])("%s opens %s", (hash, path) => {
  expect(mapHash(hash)).toBe(path);
});

it("leaves other hashes alone", () => {
  expect(mapHash("")).toBeUndefined();
  expect(mapHash("#main")).toBeUndefined();
});
