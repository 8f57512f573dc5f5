// What can be written at the cursor of the filter line. Keys are offered at once, from the
// experiment's fields; for operators and values, and for what is wrong, the server is asked, which
// has the grammar and the values.
import { apiPost } from "../../api/client";
import type { Fields, FilterCheck, Span } from "../../api/contract";
import { indexes, type Tokens, toUtf16 } from "./highlight";
import { quoteKey } from "./url-state";

export interface Remark {
  message: string;
  /** In string indexes. */
  span: Span | undefined;
}

export interface Completion {
  /** What replaces the text between `from` and `to`. */
  text: string;
  from: number;
  to: number;
  hint: string;
}

const LIMIT = 8;

const attributes = [
  "run_name",
  "status",
  "start_time",
  "end_time",
  "user_id",
  "run_id",
  "duration",
];

/** The word before the cursor: a kind with or without a part of a key, quoted or not. */
const word = /(?:^|[\s(])((?:[a-z]+\.(?:`[^`]*|"[^"]*|[\w./-]*))|[a-z_]*)$/i;

/** What stands before a key. */
const beginning = /(?:^|(?<!\bin\s*)\(|\b(?:and|or|not)\s)\s*$/i;
const aggregate = /\b(?:max|min|last)\(\s*$/i;

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
  if (!beginning.test(text.slice(0, from))) return [];
  const onlyMetrics = aggregate.test(text.slice(0, from));
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
  if (!onlyMetrics) {
    add("params", fields?.params);
    add(
      "tags",
      fields?.tags.filter((tag) => tag.key !== "mlflow.note.content"),
    );
  }
  if (!onlyMetrics && (kind === undefined || kind === "attributes" || kind === "attribute"))
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

/** Looks at a whole filter: what is wrong with it, or which of its keys no run has. */
export async function checkFilter(
  filter: string,
  experimentId: string,
  signal: AbortSignal,
): Promise<{ problem: Remark | undefined; warnings: Remark[]; tokens: Tokens }> {
  const body = { filter, experiment_ids: [experimentId] };
  const checked = await apiPost<FilterCheck>("filter/check", body, signal);
  const remark = (message: string, span: Span | undefined): Remark => ({
    message,
    span: span && toUtf16(filter, span),
  });
  return {
    problem: checked.ok ? undefined : remark(checked.message ?? "", checked.span),
    warnings: (checked.warnings ?? []).map(({ message, span }) => remark(message, span)),
    tokens: tokensOf(filter, checked),
  };
}

function tokensOf(filter: string, { tokens }: FilterCheck): Tokens {
  const at = indexes(filter);
  return tokens.map(({ kind, span: [from, to] }) => ({ kind, span: [at(from), at(to)] }));
}

/**
 * Looks at a filter while it is being typed: its tokens, and operators and values that may follow. Keywords are left out: they are
 * typed faster than taken.
 */
export async function lookAt(
  filter: string,
  cursor: number,
  experimentId: string,
  signal: AbortSignal,
): Promise<{ tokens: Tokens; offers: Completion[] }> {
  const body = {
    filter,
    experiment_ids: [experimentId],
    cursor: [...filter.slice(0, cursor)].length,
  };
  const checked = await apiPost<FilterCheck>("filter/check", body, signal);
  const offers = (checked.completions ?? [])
    .filter((one) => one.kind !== "keyword")
    .slice(0, LIMIT)
    .map(({ insert, from, to, kind }) => {
      const span = toUtf16(filter, [from, to]);
      return { text: insert, from: span[0], to: span[1], hint: kind };
    });
  return { tokens: tokensOf(filter, checked), offers };
}

/** The filter with the completion in it, and the cursor behind. */
export function complete(filter: string, offer: Completion): { text: string; cursor: number } {
  // What has to be closed goes on at once.
  const gap = offer.text.endsWith("(") ? "" : " ";
  const before = filter.slice(0, offer.from) + offer.text + gap;
  return { text: before + filter.slice(offer.to).trimStart(), cursor: before.length };
}
