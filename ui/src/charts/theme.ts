// Colours of the tokens for canvas code, which cannot use custom properties, and a signal when the theme changes.

import { useSyncExternalStore } from "react";

export interface ChartTheme {
  fg: string;
  fg2: string;
  bg: string;
  grid: string;
  line2: string;
  bad: string;
  accent: string;
  slots: string[];
  font: string;
}

export function readTheme(element: Element = document.documentElement): ChartTheme {
  const style = getComputedStyle(element);
  const value = (name: string) => style.getPropertyValue(name).trim();
  return {
    fg: value("--fg"),
    fg2: value("--fg-2"),
    bg: value("--bg"),
    grid: value("--grid"),
    line2: value("--line-2"),
    bad: value("--bad"),
    accent: value("--accent"),
    slots: [1, 2, 3, 4, 5, 6, 7, 8].map((slot) => value(`--c${slot}`)),
    font: `11px ${value("--font-ui") || "sans-serif"}`,
  };
}

let version = 0;

function subscribe(onChange: () => void): () => void {
  const bump = () => {
    version += 1;
    onChange();
  };
  const observer = new MutationObserver(bump);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", bump);
  return () => {
    observer.disconnect();
    dark.removeEventListener("change", bump);
  };
}

/** A number that changes with the theme; canvas components depend on it to paint again. */
export function useThemeVersion(): number {
  return useSyncExternalStore(subscribe, () => version);
}
