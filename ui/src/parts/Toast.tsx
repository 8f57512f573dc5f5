// Short messages at the foot of the page, with at most one action (usually Undo). They are
// announced, stay while the pointer or the focus is on them, and never hold the only copy of
// something important.
import { useEffect, useState, useSyncExternalStore } from "react";
import { Button } from "./Button";
import { Icon } from "./Icon";
import css from "./Toast.module.css";

export interface ToastContent {
  message: string;
  tone?: "normal" | "bad";
  action?: { label: string; run: () => void };
}

interface Shown extends ToastContent {
  id: number;
}

let shown: Shown[] = [];
let next = 1;
const watchers = new Set<() => void>();

function change(list: Shown[]) {
  shown = list;
  for (const watcher of watchers) watcher();
}

export function toast(content: ToastContent): void {
  change([...shown.slice(-2), { ...content, id: next++ }]);
}

function dismiss(id: number) {
  change(shown.filter((one) => one.id !== id));
}

/** Runs the action of the newest toast, for the key `u`. */
export function runLatestToastAction(): void {
  const latest = [...shown].reverse().find((one) => one.action);
  if (!latest) return;
  dismiss(latest.id);
  latest.action?.run();
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

function OneToast({ content }: { content: Shown }) {
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (held) return;
    const timer = setTimeout(() => dismiss(content.id), content.action ? 10_000 : 5_000);
    return () => clearTimeout(timer);
  }, [held, content]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only keeps the toast from leaving
    <div
      className={`${css.toast} ${content.tone === "bad" ? css.bad : ""}`}
      onMouseEnter={() => setHeld(true)}
      onMouseLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <span>{content.message}</span>
      {content.action && (
        <Button
          size="small"
          onClick={() => {
            dismiss(content.id);
            content.action?.run();
          }}
        >
          {content.action.label}
        </Button>
      )}
      <Button kind="quiet" size="small" aria-label="Dismiss" onClick={() => dismiss(content.id)}>
        <Icon name="close" size={12} />
      </Button>
    </div>
  );
}

export function Toasts() {
  const list = useSyncExternalStore(watch, () => shown);
  return (
    <div className={css.place} role="status" aria-live="polite">
      {list.map((content) => (
        <OneToast key={content.id} content={content} />
      ))}
    </div>
  );
}
