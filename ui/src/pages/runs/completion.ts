// What can be written at the cursor of the filter line: keys with the right quoting, attributes,
// operators. Pure; the keys come from the experiment's fields.
import type { Fields } from "../../api/contract";
import { quoteKey } from "./url-state";

export interface Completion {
  /** What replaces the text between `from` and `to`. */
  text: string;
  from: number;
  to: number;
  hint: string;
}

const LIMIT = 8;

const attributes = ["run_name", "status", "start_time", "end_time", "user_id", "run_id"];

/** The word before the cursor: a kind with or without a part of a key, quoted or not. */
const word = /(?:^|[\s(])((?:[a-z]+\.(?:`[^`]*|"[^"]*|[\w./-]*))|[a-z_]*)$/i;

export function completions(
  text: string,
  cursor: number,
  fields: Fields | undefined,
): Completion[] {
  const before = text.slice(0, cursor);
  // Inside a quoted value there is nothing to complete.
  if ((before.split("'").length - 1) % 2 === 1) return [];
  const found = word.exec(before)?.[1];
  if (found === undefined) return [];
  const from = cursor - found.length;
  const make = (full: string, hint: string): Completion => ({ text: full, from, to: cursor, hint });

  const dot = found.indexOf(".");
  const typed = (dot < 0 ? found : found.slice(dot + 1)).replace(/^[`"]/, "").toLowerCase();
  if (dot < 0 && typed === "") return [];
  const kind = dot < 0 ? undefined : found.slice(0, dot).toLowerCase();

  const all: { full: string; key: string; hint: string }[] = [];
  const add = (prefix: string, list: { key: string; runs: number }[] | undefined) => {
    if (kind !== undefined && kind !== prefix && `${kind}s` !== prefix) return;
    for (const field of list ?? [])
      all.push({
        full: `${prefix}.${quoteKey(field.key)}`,
        key: field.key,
        hint: `${field.runs.toLocaleString("en-US")} runs`,
      });
  };
  add("metrics", fields?.metrics);
  add("params", fields?.params);
  add(
    "tags",
    fields?.tags.filter((tag) => tag.key !== "mlflow.note.content"),
  );
  if (kind === undefined || kind === "attributes" || kind === "attribute")
    for (const key of attributes) all.push({ full: `attributes.${key}`, key, hint: "attribute" });

  const rank = (one: { full: string; key: string }) => {
    const key = one.key.toLowerCase();
    if (key.startsWith(typed)) return 0;
    if (dot < 0 && one.full.toLowerCase().startsWith(typed)) return 1;
    return key.includes(typed) ? 2 : 3;
  };
  return all
    .map((one) => ({ one, rank: rank(one) }))
    .filter((entry) => entry.rank < 3 && entry.one.full !== found)
    .sort((a, b) => a.rank - b.rank || a.one.key.localeCompare(b.one.key))
    .slice(0, LIMIT)
    .map(({ one }) => make(one.full, one.hint));
}
