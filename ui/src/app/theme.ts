// Theme, density, time zone and whether single-key shortcuts are on: kept in this browser only.
import { useSyncExternalStore } from "react";
import { LOCAL, setZone, type Zone } from "../parts/zone";

export type Theme = "system" | "light" | "dark";
export type Density = "compact" | "normal" | "cosy";

export interface Preferences {
  theme: Theme;
  density: Density;
  shortcuts: boolean;
  /** Where times are shown in; see `zone.ts`. */
  zone: Zone;
}

const KEY = "runledger.preferences";
const defaults: Preferences = { theme: "system", density: "normal", shortcuts: true, zone: LOCAL };

function load(): Preferences {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Preferences>;
    return { ...defaults, ...stored };
  } catch {
    return defaults;
  }
}

let preferences = load();
const watchers = new Set<() => void>();

/** The height of a table row in pixels. */
export const rowHeights: Record<Density, number> = { compact: 26, normal: 32, cosy: 40 };

export function applyPreferences(): void {
  const root = document.documentElement;
  if (preferences.theme === "system") delete root.dataset.theme;
  else root.dataset.theme = preferences.theme;
  root.style.setProperty("--row", `${rowHeights[preferences.density]}px`);
  setZone(preferences.zone);
  const scheme = preferences.theme === "system" ? "light dark" : preferences.theme;
  document.querySelector('meta[name="color-scheme"]')?.setAttribute("content", scheme);
}

export function setPreferences(part: Partial<Preferences>): void {
  preferences = { ...preferences, ...part };
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // Storage may be refused; the choice then lasts as long as the page.
  }
  applyPreferences();
  for (const watcher of watchers) watcher();
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export function getPreferences(): Preferences {
  return preferences;
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(watch, getPreferences);
}

const dark = typeof matchMedia === "function" ? matchMedia("(prefers-color-scheme: dark)") : null;

function watchDark(watcher: () => void): () => void {
  dark?.addEventListener("change", watcher);
  watchers.add(watcher);
  return () => {
    dark?.removeEventListener("change", watcher);
    watchers.delete(watcher);
  };
}

/** The theme that is in force, for canvases that must draw again when it changes. */
export function useDark(): boolean {
  return useSyncExternalStore(watchDark, () =>
    preferences.theme === "system" ? (dark?.matches ?? false) : preferences.theme === "dark",
  );
}
