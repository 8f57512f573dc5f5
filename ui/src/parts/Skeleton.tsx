// Grey lines while something loads for the first time. They appear only after 150 ms: most answers
// are quicker, and a flash is worse than nothing.
import css from "./Skeleton.module.css";

export function Skeleton({ lines = 6, label = "Loading" }: { lines?: number; label?: string }) {
  return (
    <div className={css.skeleton} role="status" aria-label={label}>
      {Array.from({ length: lines }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike
        <span key={index} style={{ width: `${92 - ((index * 17) % 45)}%` }} />
      ))}
    </div>
  );
}
