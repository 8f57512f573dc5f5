// The shape of one series in the height of a line of text. Its numbers stand beside it, so it is hidden from screen readers.
import { useQuery } from "@tanstack/react-query";
import { useContext, useRef } from "react";
import { keys } from "../api/queries";
import { loadSeries, type SeriesSpec } from "./batch";
import { Moment } from "./moment";
import styles from "./Sparkline.module.css";
import { sparkPath } from "./spark-path";
import { useVisible } from "./useVisible";

const WIDTH = 96;
const HEIGHT = 22;
const BUCKETS = 48;

export function Sparkline({
  runId,
  metric,
  colour,
}: {
  runId: string;
  metric: string;
  colour: string;
}) {
  const box = useRef<HTMLSpanElement>(null);
  const { visible } = useVisible(box);
  const at = useContext(Moment);
  const spec: SeriesSpec = { runs: [runId], metric, x: "step", buckets: BUCKETS, at };
  const series = useQuery({
    queryKey: [...keys.series, spec],
    queryFn: ({ signal }) => loadSeries(spec, signal),
    enabled: visible,
  });
  const data = series.data?.[0];
  const shape = data && sparkPath(data, WIDTH, HEIGHT);
  return (
    <span ref={box} className={styles.spark} aria-hidden="true">
      {shape && (
        <svg width={WIDTH} height={HEIGHT} style={{ color: colour }} aria-hidden="true">
          <path d={shape.band} fill="currentColor" opacity="0.2" />
          <path d={shape.line} fill="none" stroke="currentColor" strokeWidth="1.4" />
        </svg>
      )}
    </span>
  );
}
