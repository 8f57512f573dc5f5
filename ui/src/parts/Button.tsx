// Buttons. `kind`: primary for the one main action of a place, danger for taking away, quiet for
// rows and toolbars. `size="small"` is still 26 px, above the smallest allowed target.
import type { ComponentProps } from "react";
import { Link } from "wouter";
import css from "./Button.module.css";

interface Look {
  kind?: "normal" | "primary" | "danger" | "quiet";
  size?: "normal" | "small" | undefined;
}

function classes({ kind = "normal", size = "normal" }: Look, more?: string): string {
  return [css.button, css[kind], size === "small" ? css.small : "", more].filter(Boolean).join(" ");
}

export function Button({ kind, size, className, ...rest }: ComponentProps<"button"> & Look) {
  return <button type="button" {...rest} className={classes({ kind, size }, className)} />;
}

/** A link to a route of the application that looks like a button. */
export function LinkButton({
  to,
  kind,
  size,
  className,
  children,
  title,
}: Look & { to: string; className?: string; children: React.ReactNode; title?: string }) {
  return (
    <Link href={to} title={title} className={classes({ kind, size }, className)}>
      {children}
    </Link>
  );
}

/** Looks for elements that must be something else, for example an Ariakit trigger. */
export function buttonClass(look: Look = {}, more?: string): string {
  return classes(look, more);
}

/** Buttons of which one is chosen. */
export function Segmented<T extends string>({
  label,
  value,
  options,
  onChange,
  size,
}: {
  label: string;
  value: T;
  options: readonly { value: T; label: React.ReactNode; title?: string }[];
  onChange: (value: T) => void;
  size?: "normal" | "small";
}) {
  return (
    <fieldset className={css.segmented}>
      <legend className="visually-hidden">{label}</legend>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          title={option.title}
          aria-pressed={option.value === value}
          className={classes({ size })}
          onClick={() => onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </fieldset>
  );
}
