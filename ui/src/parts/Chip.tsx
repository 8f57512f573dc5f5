// A small grey label, for tags.
import css from "./Chip.module.css";

export function Chip({ children, title }: { children: React.ReactNode; title?: string }) {
  return (
    <span className={css.chip} title={title}>
      {children}
    </span>
  );
}
