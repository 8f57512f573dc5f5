// GeoJSON as a picture of its shapes. There is no map behind them: that would have to be asked of another server.
import { formatCount } from "../../parts/format";
import css from "./artifacts.module.css";
import type { Shapes } from "./geojson";

/** Room around the shapes, in the units of the picture. */
const EDGE = 20;

export function GeoMap({ path, shapes }: { path: string; shapes: Shapes }) {
  const [width, height] = shapes.size;
  const d = (line: readonly (readonly [number, number])[]) =>
    `M${line.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;
  const [west, south, east, north] = shapes.bounds.map((degrees) => degrees.toFixed(4));
  const count = (list: readonly unknown[], one: string) =>
    list.length === 0 ? [] : [`${formatCount(list.length)} ${one}${list.length === 1 ? "" : "s"}`];
  const words = [
    ...count(shapes.areas, "area"),
    ...count(shapes.lines, "line"),
    ...count(shapes.points, "point"),
  ].join(", ");
  return (
    <figure className={css.figure}>
      <svg
        className={css.map}
        viewBox={`${-EDGE} ${-EDGE} ${width + 2 * EDGE} ${height + 2 * EDGE}`}
        role="img"
        aria-label={`${path}: ${words}`}
      >
        {shapes.areas.length > 0 && (
          <path
            className={css.mapArea}
            d={shapes.areas.map((rings) => rings.map((ring) => `${d(ring)}Z`).join("")).join("")}
            fillRule="evenodd"
          />
        )}
        {shapes.lines.length > 0 && (
          <path className={css.mapLine} d={shapes.lines.map(d).join("")} />
        )}
        {shapes.points.length > 0 && (
          // A path of no length with round ends is a dot that does not grow with the picture.
          <path className={css.mapPoint} d={shapes.points.map((at) => `${d([at])}h0`).join("")} />
        )}
      </svg>
      <figcaption className="muted small">
        {words} · longitude {west} to {east}, latitude {south} to {north}
      </figcaption>
    </figure>
  );
}
