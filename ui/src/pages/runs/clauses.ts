// A filter taken apart at its ANDs, so that one clause can be dropped, or joined with one more. Pure;
// quotes and parentheses are respected, and what remains is the text as it was written. Alternatives stay whole: without
// one of them, there would be fewer runs still.

export interface Clause {
  text: string;
  /** The filter without this clause. */
  without: string;
}

/** One quoted text, or one word, or one other character. */
const token = /'[^']*'?|"[^"]*"?|`[^`]*`?|[\p{L}\p{N}_./-]+|./gsu;

export function clauses(filter: string): Clause[] {
  const { parts, alternatives } = taken(filter);
  if (alternatives) return [{ text: filter.trim(), without: "" }];
  const texts = parts.map((part) => part.trim()).filter((part) => part !== "");
  return texts.map((text, index) => ({
    text,
    without: texts.filter((_, other) => other !== index).join(" and "),
  }));
}

/** The filter with the clause asked for as well; `a or b` gets brackets. */
export function withAlso(filter: string, clause: string): string {
  const own = filter.trim();
  if (own === "") return clause;
  return `${taken(own).alternatives ? `(${own})` : own} and ${clause}`;
}

/** What is between the ANDs outside of parentheses, and whether an OR is there. */
function taken(filter: string): { parts: string[]; alternatives: boolean } {
  const parts: string[] = [""];
  let depth = 0;
  let alternatives = false;
  for (const [word] of filter.matchAll(token)) {
    if (word === "(") depth += 1;
    else if (word === ")") depth -= 1;
    if (depth === 0 && word.toLowerCase() === "or") alternatives = true;
    if (depth === 0 && word.toLowerCase() === "and") parts.push("");
    else parts[parts.length - 1] += word;
  }
  return { parts, alternatives };
}
