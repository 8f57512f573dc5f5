// Moves the whole page of a run to an earlier moment, between its first and its last event.
import { useEffect, useId, useRef, useState } from "react";
import { useRunSpan } from "../../api/queries";
import { formatDateTime } from "../../parts/format";
import css from "./PastSlider.module.css";

/** Places of the slider; the last one is now. */
const STEPS = 1000;
/** While it is dragged, the server is asked when it rests. */
const WAIT_MS = 150;

export function PastSlider({
  runId,
  shownAt,
  onMove,
}: {
  runId: string;
  /** When the shown state began; undefined = now. */
  shownAt: number | undefined;
  onMove: (at: number | undefined) => void;
}) {
  const span = useRunSpan(runId).data;
  const id = useId();
  const [dragged, setDragged] = useState<number | undefined>();
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  if (!span || span.last.at <= span.first.at) return null;
  const { first, last } = span;
  const timeAt = (place: number) => Math.round(first.at + ((last.at - first.at) * place) / STEPS);
  const placeOf = (at: number) => Math.round(((at - first.at) / (last.at - first.at)) * STEPS);
  const place =
    dragged ?? (shownAt === undefined ? STEPS : Math.max(0, Math.min(STEPS - 1, placeOf(shownAt))));
  const words =
    place === STEPS
      ? "now"
      : formatDateTime(dragged === undefined && shownAt !== undefined ? shownAt : timeAt(place));
  const move = (to: number) => {
    setDragged(to);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      setDragged(undefined);
      onMove(to === STEPS ? undefined : timeAt(to));
    }, WAIT_MS);
  };
  return (
    <div className={css.slider}>
      <label htmlFor={id}>Show the run as of</label>
      <input
        id={id}
        type="range"
        min={0}
        max={STEPS}
        value={place}
        aria-valuetext={words}
        onChange={(event) => move(Number(event.target.value))}
      />
      <output htmlFor={id} className="mono">
        {words}
      </output>
    </div>
  );
}
