// Names of metrics: which are the machine's own, and the order in which people expect them.
export function isSystemMetric(key: string): boolean {
  return key.startsWith("system/");
}

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** `layer2` before `layer10`, and capitals beside small letters. */
export function byName(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}
