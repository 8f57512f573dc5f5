// Splits a filter into pieces for colouring, by the tokens that the server found in it, with the span of an error as pieces of
// its own. What a token is, and whether a filter is right, is known by the server, which has the grammar.
import type { FilterToken, Span } from "../../api/contract";

export interface Piece {
  text: string;
  kind: FilterToken["kind"];
  bad: boolean;
  /** It reads well, but no run has it. */
  odd: boolean;
}

/** Tokens in string indexes, in their order. Between them are spaces, or what the server has not seen yet. */
export type Tokens = readonly FilterToken[];

export function highlight(
  filter: string,
  tokens: Tokens,
  span: Span | undefined,
  odd: Span[] = [],
): Piece[] {
  const pieces: Piece[] = [];
  const spans = span ? [span, ...odd] : odd;
  const add = (from: number, to: number, kind: Piece["kind"]) => {
    // A span at the very end, or an empty one, has nothing to underline inside the text.
    const cuts = [from, to];
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
  let at = 0;
  for (const { kind, span: token } of tokens) {
    add(at, token[0], "other");
    add(token[0], token[1], kind);
    at = token[1];
  }
  add(at, filter.length, "other");
  return pieces;
}

/**
 * The tokens of `before` as tokens of `after`, which was typed out of it, until the server has seen that: what stands before and
 * behind the change stays as it was, and the change belongs to the token that it was made in or at the end of.
 */
export function carry(tokens: Tokens, before: string, after: string): Tokens {
  if (before === after) return tokens;
  const most = Math.min(before.length, after.length);
  let head = 0;
  while (head < most && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < most - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const changed: Span = [head, before.length - tail];
  const end = after.length - tail;
  const shift = after.length - before.length;
  const owner = tokens.find(({ span }) => span[0] < changed[1] && span[1] > changed[0]);
  const extended = owner ?? tokens.find(({ span }) => span[1] === head);
  return tokens.flatMap((token) => {
    const [from, to] = token.span;
    if (token === extended)
      return cut(token, Math.min(from, head), to > changed[1] ? to + shift : end);
    if (to <= head) return [token];
    if (from >= changed[1]) return [{ ...token, span: [from + shift, to + shift] }];
    // One more that the change touched: what is left of it behind.
    return cut(token, end, Math.max(end, to + shift));
  });
}

function cut(token: FilterToken, from: number, to: number): FilterToken[] {
  return from < to ? [{ ...token, span: [from, to] }] : [];
}

/** Spans as string indexes: the server counts characters (code points), JavaScript UTF-16. */
export function toUtf16(text: string, span: Span): Span {
  const at = indexes(text);
  return [at(span[0]), Math.max(at(span[1]), at(span[0]))];
}

/** From the number of a character to its string index; the end for any beyond. */
export function indexes(text: string): (character: number) => number {
  const starts: number[] = [];
  let at = 0;
  for (const character of text) {
    starts.push(at);
    at += character.length;
  }
  return (character) => starts[character] ?? text.length;
}
