// Splits a filter into pieces for colouring, with the server's error span as pieces of its own.
// It only colours: whether a filter is right is decided by the server, which has the grammar.
import type { Span } from "../../api/contract";

export interface Piece {
  text: string;
  kind: "key" | "operator" | "value" | "plain";
  bad: boolean;
  /** It reads well, but no run has it. */
  odd: boolean;
}

const parts = [
  /(?<key>(?:metrics?|params?|parameters?|tags?|attributes?|attr|run|datasets?)\.(?:`[^`]*`?|"[^"]*"?|[\w./-]+)?)/,
  /(?<value>'[^']*'?|"[^"]*"?|\bnow\b(?:-[\d.]+[a-z]+)?|-?\d[\d.]*(?:ms|[smhdw])\b|-?\d[\d.eE+-]*)/,
  /(?<operator>\b(?:and|or|not|in|like|ilike|is|null)\b|\b(?:max|min|last)(?=\s*\()|[<>=!]+)/,
  /(?<plain>\s+|\w+|.)/,
];
const token = new RegExp(parts.map((part) => part.source).join("|"), "giu");

export function highlight(filter: string, span: Span | undefined, odd: Span[] = []): Piece[] {
  const pieces: Piece[] = [];
  const add = (text: string, kind: Piece["kind"], from: number) => {
    const to = from + text.length;
    // A span at the very end, or an empty one, has nothing to underline inside the text.
    const cuts = [from, to];
    const spans = span ? [span, ...odd] : odd;
    for (const cut of spans.flat()) if (cut > from && cut < to) cuts.push(cut);
    cuts.sort((a, b) => a - b);
    for (let index = 0; index + 1 < cuts.length; index++) {
      const [a, b] = [cuts[index] ?? 0, cuts[index + 1] ?? 0];
      if (a === b) continue;
      const within = (one: Span) => a >= one[0] && b <= one[1];
      const bad = span !== undefined && within(span);
      pieces.push({ text: filter.slice(a, b), kind, bad, odd: odd.some(within) });
    }
  };
  for (const match of filter.matchAll(token)) {
    const groups = match.groups ?? {};
    const kind = groups.key
      ? "key"
      : groups.value
        ? "value"
        : groups.operator
          ? "operator"
          : "plain";
    add(match[0], kind, match.index);
  }
  return pieces;
}

/** The span as string indexes: the server counts characters (code points), JavaScript UTF-16. */
export function toUtf16(text: string, span: Span): Span {
  const characters = [...text];
  const at = (count: number) => characters.slice(0, count).join("").length;
  return [at(span[0]), Math.max(at(span[1]), at(span[0]))];
}
