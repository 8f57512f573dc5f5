import { expect, it } from "vitest";
import type { Line } from "./lines";
import { chartSvg } from "./svg";

const line: Line = {
  id: "r",
  label: "a <b> & c",
  style: { slot: 0, dash: 0 },
  points: 3,
  xs: [0, 1, 2],
  min: [1, 1, 4],
  max: [1, 3, 4],
  last: [1, 2, 4],
  drawn: [1, 2, 4],
  nans: [1],
  infs: [[2, 1]],
};
const theme = {
  fg: "#000",
  fg2: "#444",
  bg: "#fff",
  grid: "#ddd",
  line2: "#ccc",
  bad: "#c00",
  accent: "#00c",
  slots: ["#123456", "#654321"],
  font: "11px sans-serif",
};

function picture(lines: Line[], log = false) {
  const scene = { lines, log, band: true, smoothing: 0, xLabel: String, theme };
  const size = { width: 400, height: 200 };
  return chartSvg({ scene, mode: "step", x: [0, 2], y: log ? [1, 4] : [0, 4] }, size, "loss <1>");
}

it("draws lines, band and what is no number", () => {
  const svg = picture([line]);
  expect(svg).toContain('stroke="#123456"');
  expect(svg).toContain('fill-opacity="0.16"');
  expect(svg).toContain("NaN @ 1");
  expect(svg).toContain("loss &lt;1&gt;");
  expect(svg).not.toContain("NaN L");
  expect(svg).not.toMatch(/[ML][^"]*NaN/);
});

it("names several lines, and leaves out what a logarithm cannot show", () => {
  const other = { ...line, style: { slot: 1, dash: 1 }, last: [-1, 2, 4], drawn: [-1, 2, 4] };
  const svg = picture([line, other], true);
  expect(svg).toContain("a &lt;b&gt; &amp; c");
  expect(svg).toContain("stroke-dasharray");
  expect(svg).not.toMatch(/d="[^"]*NaN/);
});
