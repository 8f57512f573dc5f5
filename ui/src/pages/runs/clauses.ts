// A filter taken apart at its ANDs, so that one clause can be dropped. Pure; quotes and parentheses
// are respected, and what remains is the text as it was written. Alternatives stay whole: without
// one of them, there would be fewer runs still.

export interface Clause {
  text: string;
  /** The filter without this clause. */
  without: string;
}

/** One quoted text, or one word, or one other character. */
const token = /'[^']*'?|"[^"]*"?|`[^`]*`?|[\p{L}\p{N}_./-]+|./gsu;

export function clauses(filter: string): Clause[] {
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
  if (alternatives) return [{ text: filter.trim(), without: "" }];
  const texts = parts.map((part) => part.trim()).filter((part) => part !== "");
  return texts.map((text, index) => ({
    text,
    without: texts.filter((_, other) => other !== index).join(" and "),
  }));
}
