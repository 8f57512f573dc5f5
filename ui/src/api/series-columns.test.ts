import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { readColumns } from "./series-columns";

function written(head: unknown, columns: number[]): ArrayBuffer {
  const text = JSON.stringify(head);
  // The head ends where a multiple of eight bytes does.
  const padded = text + " ".repeat((8 - ((4 + text.length) % 8)) % 8);
  const bytes = new ArrayBuffer(4 + padded.length + columns.length * 8);
  const view = new DataView(bytes);
  view.setUint32(0, padded.length, true);
  new Uint8Array(bytes, 4).set(new TextEncoder().encode(padded));
  for (const [index, value] of columns.entries()) {
    view.setFloat64(4 + padded.length + index * 8, value, true);
  }
  return bytes;
}

it("gives every series its columns", () => {
  const marks = { nans: [5], infs: [[6, -1]] };
  const columns = ["x", "min", "max", "last"];
  const head = {
    series: [
      { run_id: "a", metric: "loss", points: 9, length: 2, columns, ...marks },
      {
        run_id: "b",
        metric: "loss",
        points: 1,
        length: 1,
        columns: [...columns, "smooth"],
        ...marks,
      },
    ],
  };
  const answer = readColumns(written(head, [3, 7, 0.5, 1.5, 1, 2, 0.75, 1.75, 4, 10, 30, 20, 15]));
  expect(answer.series).toEqual([
    {
      run_id: "a",
      metric: "loss",
      points: 9,
      x: [3, 7],
      min: [0.5, 1.5],
      max: [1, 2],
      last: [0.75, 1.75],
      ...marks,
    },
    {
      run_id: "b",
      metric: "loss",
      points: 1,
      x: [4],
      min: [10],
      max: [30],
      last: [20],
      smooth: [15],
      ...marks,
    },
  ]);
});

it("reads an answer without series", () => {
  expect(readColumns(written({ series: [] }, []))).toEqual({ series: [] });
});

it("reads what the server writes", () => {
  // A test of the server keeps this file as the server writes it.
  const file = readFileSync(new URL("./series-columns.bin", import.meta.url));
  const bytes = new Uint8Array(file).buffer;
  const one = {
    run_id: "4f",
    metric: "loss",
    points: 9,
    x: [3, 7],
    min: [0.5, 1.5],
    max: [1, 2],
    last: [0.75, 1.75],
    nans: [5],
    infs: [[6, -1]],
  };
  expect(readColumns(bytes)).toEqual({ series: [one, { ...one, smooth: [0.8, 1.2] }] });
});
