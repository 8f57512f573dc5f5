// Whether the window is as narrow as a phone's, where pinned columns would leave no room.
import { useSyncExternalStore } from "react";

const query = typeof matchMedia === "function" ? matchMedia("(max-width: 720px)") : null;

function watch(watcher: () => void): () => void {
  query?.addEventListener("change", watcher);
  return () => query?.removeEventListener("change", watcher);
}

export function useNarrow(): boolean {
  return useSyncExternalStore(watch, () => query?.matches ?? false);
}
