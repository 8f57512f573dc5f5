// Splits a filter into pieces for colouring, with the server's error span as pieces of its own.
// It only colours: whether a filter is right is decided by the server, which has the grammar.
import type { Span } from "../../api/contract";

export interface Piece {
  text: string;
  kind: "key" | "operator" | "value" | "plain";
  bad: boolean;
}

const token =
  /(?<key>(?:metrics?|params?|parameters?|tags?|attributes?|attr|run|datasets?)\.(?:`[^`]*`?|"[^"]*"?|[\w./-]+)?)|(?<value>'[^']*'?|"[^"]*"?|-?\d[\d.eE+-]*)|(?<operator>\b(?:and|or|not|in|like|ilike|is|null)\b|[<>=!]+)|(?<plain>\s+|\w+|.)/giu;

export function highlight(filter: string, span: Span | undefined): Piece[] {
  const pieces: Piece[] = [];
  const add = (text: string, kind: Piece["kind"], from: number) => {
    const to = from + text.length;
    // A span at the very end, or an empty one, has nothing to underline inside the text.
    const cuts = [from, to];
    if (span) for (const cut of span) if (cut > from && cut < to) cuts.push(cut);
    cuts.sort((a, b) => a - b);
    for (let index = 0; index + 1 < cuts.length; index++) {
      const [a, b] = [cuts[index] ?? 0, cuts[index + 1] ?? 0];
      const bad = span !== undefined && a >= span[0] && b <= span[1];
      pieces.push({ text: filter.slice(a, b), kind, bad });
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
