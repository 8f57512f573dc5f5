import { expect, it } from "vitest";
import { MOST_POSITIONS, readGeoJson } from "./geojson";

const read = (value: unknown) => readGeoJson(JSON.stringify(value));
const feature = (geometry: unknown) => ({ type: "Feature", properties: {}, geometry });

it("reads every kind of shape", () => {
  const square = [
    [0, 0],
    [2, 0],
    [2, 2],
    [0, 0],
  ];
  const shapes = read({
    type: "FeatureCollection",
    features: [
      feature({ type: "Point", coordinates: [1, 1, 500] }),
      feature({
        type: "MultiPoint",
        coordinates: [
          [0, 1],
          [1, 0],
        ],
      }),
      feature({
        type: "LineString",
        coordinates: [
          [0, 0],
          [1, 1],
        ],
      }),
      feature({ type: "MultiPolygon", coordinates: [[square, square], [square]] }),
      feature(null),
      feature({
        type: "GeometryCollection",
        geometries: [
          {
            type: "MultiLineString",
            coordinates: [
              [
                [0, 0],
                [2, 2],
              ],
            ],
          },
          { type: "Polygon", coordinates: [square] },
        ],
      }),
    ],
  });
  expect(shapes?.points).toHaveLength(3);
  expect(shapes?.lines).toHaveLength(2);
  expect(shapes?.areas.map((rings) => rings.length)).toEqual([2, 1, 1]);
  expect(shapes?.bounds).toEqual([0, 0, 2, 2]);
});

it("has north on top, and lengths right in the middle", () => {
  const shapes = read({
    type: "LineString",
    coordinates: [
      [10, 59],
      [12, 61],
    ],
  });
  const [[x0, y0] = [0, 0], [x1, y1] = [0, 0]] = shapes?.lines[0] ?? [];
  expect([x0, y1]).toEqual([0, 0]);
  expect(y0).toBeCloseTo(1000);
  expect(x1).toBeCloseTo(500);
});

it("reads nothing out of what is none", () => {
  expect(readGeoJson("{")).toBeUndefined();
  expect(read({ a: 1 })).toBeUndefined();
  expect(read({ type: "Point", coordinates: ["x", null] })).toBeUndefined();
  expect(read(null)).toBeUndefined();
  let deep: unknown = { type: "Point", coordinates: [1, 1] };
  for (let depth = 0; depth < 1000; depth++)
    deep = { type: "GeometryCollection", geometries: [deep] };
  expect(read(deep)).toBeUndefined();
  const many = Array.from({ length: MOST_POSITIONS + 1 }, (_, at) => [at % 90, 0]);
  expect(read({ type: "LineString", coordinates: many })).toBeUndefined();
});

it("takes one point for a picture too", () => {
  expect(read({ type: "Point", coordinates: [7, 8] })).toMatchObject({
    points: [[0, 0]],
    size: [0, 0],
  });
});
