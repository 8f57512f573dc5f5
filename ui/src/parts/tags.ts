// Which tags people see. Pure.

/** Tags that people set. Those of clients start with `mlflow.`, our own, such as saved views, with `runledger.`. */
export function isVisibleTag(key: string): boolean {
  return !key.startsWith("mlflow.") && !key.startsWith("runledger.");
}

export function visibleTags({ tags }: { tags: Record<string, string> }): [string, string][] {
  return Object.entries(tags).filter(([key]) => isVisibleTag(key));
}
