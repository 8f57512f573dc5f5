// Shapes out of GeoJSON (RFC 7946), placed on a plane: equirectangular, with lengths right in the middle of the picture. Pure.

type Position = readonly [x: number, y: number];

export interface Shapes {
  points: Position[];
  lines: Position[][];
  /** Each with its outer ring and its holes. */
  areas: Position[][][];
  /** West, south, east and north, in degrees. */
  bounds: [number, number, number, number];
  /** The picture's width and height, in which the positions are. */
  size: [number, number];
}

/** More positions than this are not drawn: the page would be slow, and one could not tell them apart. */
export const MOST_POSITIONS = 50_000;
const WIDTH = 1000;

/** Undefined where the text is no GeoJSON, or has no place or too many in it. */
export function readGeoJson(text: string): Shapes | undefined {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    return undefined;
  }
  const found: Found = { points: [], lines: [], areas: [] };
  collect(root, found, 0);
  const all = [...found.points, ...found.lines.flat(), ...found.areas.flat(2)];
  if (all.length === 0 || all.length > MOST_POSITIONS) return undefined;
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of all) {
    west = Math.min(west, x);
    east = Math.max(east, x);
    south = Math.min(south, y);
    north = Math.max(north, y);
  }
  // A degree of longitude is the shorter the farther one is from the equator.
  const shrink = Math.max(0.05, Math.cos((((south + north) / 2) * Math.PI) / 180));
  const [wide, high] = [(east - west) * shrink, north - south];
  const scale = WIDTH / Math.max(wide, high, 1e-9);
  const place = ([x, y]: Position): Position => [(x - west) * shrink * scale, (north - y) * scale];
  return {
    points: found.points.map(place),
    lines: found.lines.map((line) => line.map(place)),
    areas: found.areas.map((rings) => rings.map((ring) => ring.map(place))),
    bounds: [west, south, east, north],
    size: [wide * scale, high * scale],
  };
}

type Found = Pick<Shapes, "points" | "lines" | "areas">;

/** Collections in collections are rare, and endless ones are somebody's trick. */
const DEEPEST = 20;

function collect(value: unknown, found: Found, depth: number): void {
  if (typeof value !== "object" || value === null || depth > DEEPEST) return;
  const { type, features, geometry, geometries, coordinates } = value as Record<string, unknown>;
  const each = (list: unknown, take: (one: unknown) => void) => {
    if (Array.isArray(list)) for (const one of list) take(one);
  };
  const inside = (one: unknown) => collect(one, found, depth + 1);
  const line = (one: unknown) => {
    const positions = positionsOf(one);
    if (positions.length > 0) found.lines.push(positions);
  };
  const area = (one: unknown) => {
    const rings = (Array.isArray(one) ? one : [])
      .map(positionsOf)
      .filter((ring) => ring.length > 2);
    if (rings.length > 0) found.areas.push(rings);
  };
  switch (type) {
    case "FeatureCollection":
      each(features, inside);
      break;
    case "Feature":
      inside(geometry);
      break;
    case "GeometryCollection":
      each(geometries, inside);
      break;
    case "Point":
      found.points.push(...positionsOf([coordinates]));
      break;
    case "MultiPoint":
      found.points.push(...positionsOf(coordinates));
      break;
    case "LineString":
      line(coordinates);
      break;
    case "MultiLineString":
      each(coordinates, line);
      break;
    case "Polygon":
      area(coordinates);
      break;
    case "MultiPolygon":
      each(coordinates, area);
      break;
  }
}

function positionsOf(value: unknown): Position[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one): Position[] => {
    const [x, y] = Array.isArray(one) ? (one as unknown[]) : [];
    const isPlace = Number.isFinite(x) && Number.isFinite(y);
    return isPlace ? [[x as number, y as number]] : [];
  });
}
