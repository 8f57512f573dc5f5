import { describe, expect, it } from "vitest";
import { metricOf, overMetric } from "./lines";
import { metricMatcher, parseSettings, withSettings } from "./settings";

describe("chart settings", () => {
  it("survive the way through the URL, and keep what belongs to others", () => {
    const text =
      "runs=a%2Cb&x=wall&smooth=0.4&band=0&sync=0&filter=loss%7Cacc&log=train%2Floss&log=lr";
    const settings = parseSettings(new URLSearchParams(text));
    expect(settings).toEqual({
      mode: "wall",
      smoothing: 0.4,
      band: false,
      sync: false,
      filter: "loss|acc",
      log: new Set(["train/loss", "lr"]),
    });
    expect(withSettings(new URLSearchParams("runs=a,b"), settings).toString()).toBe(text);
  });
  it("name the metric that is x, whatever it is called", () => {
    for (const metric of ["epoch", "metric:odd & strange=1", "train/🚂 tokens"]) {
      const settings = {
        ...parseSettings(new URLSearchParams()),
        mode: overMetric(metric),
      };
      const text = withSettings(new URLSearchParams(), settings).toString();
      expect(metricOf(parseSettings(new URLSearchParams(text)).mode)).toBe(metric);
    }
    expect(parseSettings(new URLSearchParams("x=metric:")).mode).toBe("step");
  });
  it("are absent from the URL by default and ignore nonsense", () => {
    const settings = parseSettings(new URLSearchParams("x=moon&smooth=7"));
    expect(settings.mode).toBe("step");
    expect(settings.smoothing).toBe(0);
    expect(withSettings(new URLSearchParams(), settings).toString()).toBe("");
  });
  it("filter by expression, and by text while the expression is half typed", () => {
    expect(metricMatcher("loss|acc")("val/ACC")).toBe(true);
    expect(metricMatcher("acc(")("acc(1)")).toBe(true);
    expect(metricMatcher("acc(")("acc")).toBe(false);
  });
});
