// Contours of a value over two axes: the surface between scattered points, and the regions above a level. Pure.
// Positions are between 0 and 1 on both axes, so that the two count alike whatever their units are.

export interface Sample {
  x: number;
  y: number;
  z: number;
}

/** Values at (columns + 1) × (rows + 1) crossings, row by row from y = 0. */
export interface Surface {
  columns: number;
  rows: number;
  z: number[];
}

/**
 * Inverse distance weighting: exact at the points, and never above the highest or below the lowest of them, so that the
 * picture does not show a value that no run came near.
 */
export function surface(samples: readonly Sample[], columns: number, rows: number): Surface {
  const z: number[] = [];
  for (let row = 0; row <= rows; row++)
    for (let column = 0; column <= columns; column++)
      z.push(between(samples, column / columns, row / rows));
  return { columns, rows, z };
}

function between(samples: readonly Sample[], x: number, y: number): number {
  let sum = 0;
  let weights = 0;
  let exact = 0;
  let hits = 0;
  for (const sample of samples) {
    const square = (sample.x - x) ** 2 + (sample.y - y) ** 2;
    if (square < 1e-12) {
      exact += sample.z;
      hits += 1;
    }
    const weight = 1 / (square * Math.sqrt(square) || 1);
    sum += weight * sample.z;
    weights += weight;
  }
  // Several runs at one place: their mean.
  return hits > 0 ? exact / hits : sum / weights;
}

type Point = [x: number, y: number];

/** The outline around all points, against the clock; less than three corners when they lie on one line. */
export function hull(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const half = (list: readonly Point[]) => {
    const kept: Point[] = [];
    for (const point of list) {
      while (kept.length >= 2 && turn(kept.at(-2) as Point, kept.at(-1) as Point, point) <= 1e-12)
        kept.pop();
      kept.push(point);
    }
    kept.pop();
    return kept;
  };
  return [...half(sorted), ...half(sorted.reverse())];
}

function turn(a: Point, b: Point, c: Point): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

/** The polygons that cover where the surface is at or above the level; neighbours that lie in it whole become one. */
export function above({ columns, rows, z }: Surface, level: number): Point[][] {
  const polygons: Point[][] = [];
  const at = (column: number, row: number): [number, number, number] => [
    column / columns,
    row / rows,
    z[row * (columns + 1) + column] ?? Number.NaN,
  ];
  for (let row = 0; row < rows; row++) {
    let start = -1;
    for (let column = 0; column <= columns; column++) {
      const corners =
        column < columns
          ? [at(column, row), at(column + 1, row), at(column + 1, row + 1), at(column, row + 1)]
          : [];
      const inside = corners.filter((corner) => corner[2] >= level).length;
      if (inside === 4) {
        if (start < 0) start = column;
        continue;
      }
      if (start >= 0) {
        const [left, right] = [start / columns, column / columns];
        const [low, high] = [row / rows, (row + 1) / rows];
        polygons.push([
          [left, low],
          [right, low],
          [right, high],
          [left, high],
        ]);
        start = -1;
      }
      if (inside === 0) continue;
      const [a, b, c, d] = corners as [Corner, Corner, Corner, Corner];
      for (const triangle of [
        [a, b, c],
        [a, c, d],
      ]) {
        const part = clip(triangle, level);
        if (part.length >= 3) polygons.push(part);
      }
    }
  }
  return polygons;
}

type Corner = [x: number, y: number, z: number];

function clip(triangle: readonly Corner[], level: number): Point[] {
  const part: Point[] = [];
  triangle.forEach((from, index) => {
    const to = triangle[(index + 1) % triangle.length] ?? from;
    if (from[2] >= level) part.push([from[0], from[1]]);
    if (from[2] >= level !== to[2] >= level) {
      const share = (level - from[2]) / (to[2] - from[2]);
      part.push([from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])]);
    }
  });
  return part;
}
