// The frame of a plot in SVG: grid, ticks and names of two axes, and room for what is drawn between them.

import { type ReactNode, useRef } from "react";
import panel from "../../parts/Panel.module.css";
import type { Axis } from "./axis";
import css from "./compare.module.css";
import { useWidth } from "./useWidth";

export const HEIGHT = 420;
const LEFT = 76;
const BOTTOM = 44;
const EDGE = 14;

/** From a position between 0 and 1 on an axis to pixels. */
export interface Place {
  x(at: number): number;
  y(at: number): number;
  width: number;
}

export function PlotFrame({
  label,
  xName,
  yName,
  axes,
  gridX = true,
  children,
}: {
  label: string;
  xName: string;
  yName: string;
  /** Made for a width, because it decides how many ticks there is room for. */
  axes: (width: number) => { x: Axis; y: Axis };
  gridX?: boolean;
  children: (place: Place) => ReactNode;
}) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const { x: xAxis, y: yAxis } = axes(width);
  const place: Place = {
    x: (at) => LEFT + at * (width - LEFT - EDGE),
    y: (at) => HEIGHT - BOTTOM - at * (HEIGHT - BOTTOM - EDGE),
    width,
  };
  const room = (width - LEFT - EDGE) / Math.max(1, xAxis.ticks.length);
  return (
    <div ref={box} className={`${panel.card} ${css.plot}`}>
      <svg width={width} height={HEIGHT} role="img" aria-label={label}>
        {yAxis.ticks.map((tick) => (
          <g key={tick.at}>
            <line
              x1={LEFT}
              x2={width - EDGE}
              y1={place.y(tick.at)}
              y2={place.y(tick.at)}
              stroke="var(--grid)"
            />
            <text x={LEFT - 6} y={place.y(tick.at)} textAnchor="end" dominantBaseline="middle">
              {short(tick.label, 70)}
            </text>
          </g>
        ))}
        {xAxis.ticks.map((tick) => (
          <g key={tick.at}>
            {gridX && (
              <line
                x1={place.x(tick.at)}
                x2={place.x(tick.at)}
                y1={EDGE}
                y2={HEIGHT - BOTTOM}
                stroke="var(--grid)"
              />
            )}
            <text x={place.x(tick.at)} y={HEIGHT - BOTTOM + 16} textAnchor="middle">
              {short(tick.label, room)}
            </text>
          </g>
        ))}
        {children(place)}
        <text x={(LEFT + width) / 2} y={HEIGHT - 8} textAnchor="middle" className={css.axisName}>
          {xName}
        </text>
        <text x={6} y={10} className={css.axisName}>
          {yName}
        </text>
      </svg>
    </div>
  );
}

/** As much of a label as there is room for. */
export function short(label: string, room: number): string {
  const most = Math.max(4, Math.floor(room / 7));
  return label.length > most ? `${label.slice(0, most - 1)}…` : label;
}
