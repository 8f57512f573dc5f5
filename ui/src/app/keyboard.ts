// Single-key shortcuts. A map goes from key (or two keys, `g e`) to an action. They are off while
// typing and can be switched off altogether in the settings.
import { useEffect, useRef } from "react";
import { getPreferences } from "./theme";

export type KeyMap = Record<string, (event: KeyboardEvent) => void>;

/** True where a letter key means text, or where a dialog or menu has the keyboard. */
function busy(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.tagName === "TEXTAREA" || target.tagName === "SELECT")
    return true;
  if (target instanceof HTMLInputElement && !["checkbox", "radio", "button"].includes(target.type))
    return true;
  return target.closest('dialog, [role="dialog"], [role="menu"], [role="listbox"]') !== null;
}

let prefix = "";
/** How long the first of two keys waits for the second. */
const PREFIX_MS = 1200;

export function useKeys(map: KeyMap): void {
  const latest = useRef(map);
  useEffect(() => {
    latest.current = map;
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (busy(event) || !getPreferences().shortcuts) return;
      const action = latest.current[prefix === "" ? event.key : `${prefix} ${event.key}`];
      if (action) {
        event.preventDefault();
        action(event);
      }
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
}

/**
 * Remembers `g` for the key after it. It listens in the capture phase, so that every other listener of the same press sees
 * the key before and not this one, whenever it was added.
 */
export function installPrefix(): void {
  let next = "";
  let nextAt = 0;
  window.addEventListener(
    "keydown",
    (event) => {
      const now = Date.now();
      prefix = now - nextAt < PREFIX_MS ? next : "";
      const fresh = event.key === "g" && !event.ctrlKey && !event.metaKey && !busy(event);
      next = fresh && prefix === "" ? "g" : "";
      nextAt = now;
    },
    true,
  );
}

export const shortcuts: { keys: string; what: string }[] = [
  { keys: "Ctrl K", what: "Command palette" },
  { keys: "/", what: "Filter or search" },
  { keys: "j / k", what: "Next / previous row" },
  { keys: "x or Space", what: "Select the row" },
  { keys: "Shift Space", what: "Select the range" },
  { keys: "Enter", what: "Open the run" },
  { keys: "Alt click", what: "Only runs with this value (runs table)" },
  { keys: "c", what: "Compare the selected runs" },
  { keys: "t", what: "Tag the selected runs" },
  { keys: "p", what: "Pin the selected runs, or the one you are on, to the top of the table" },
  { keys: "1 to 6", what: "Tabs of a run" },
  { keys: "[ / ]", what: "Previous / next run of the experiment" },
  { keys: "l / s", what: "Log scale / smoothing (focused chart)" },
  { keys: "e", what: "Edit the notes of a run" },
  { keys: "u", what: "Undo the last action that offers it" },
  { keys: "g e", what: "Go to experiments" },
  { keys: "g m", what: "Go to models" },
  { keys: "g a", what: "Go to activity" },
  { keys: "g o", what: "Go to operations" },
  { keys: "g s", what: "Go to settings" },
  { keys: "?", what: "This list" },
];
