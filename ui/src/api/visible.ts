// Hidden tabs ask the server for nothing: what a timer would fetch waits until the tab is shown.

/** Runs the action now, or once as soon as the tab is visible. */
export function whenVisible(action: () => void): void {
  if (document.visibilityState !== "hidden") {
    action();
    return;
  }
  const shown = () => {
    if (document.visibilityState === "hidden") return;
    document.removeEventListener("visibilitychange", shown);
    action();
  };
  document.addEventListener("visibilitychange", shown);
}
