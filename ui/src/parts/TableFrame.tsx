// The frame of a plain table. What does not fit scrolls in it, for the keyboard as well.

import type { ReactNode } from "react";
import table from "./DataTable.module.css";
import panel from "./Panel.module.css";

export function TableFrame({
  label,
  className = "",
  children,
}: {
  /** What is in the table, for those who cannot see the heading above it. */
  label: string;
  className?: string | undefined;
  children: ReactNode;
}) {
  const classes = `${panel.frame} ${table.scroll} ${className}`.trim();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className={classes} aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
