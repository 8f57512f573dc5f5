// What is typed into a search field as a filter of MLflow's grammar. Pure.

/** Registered models that are prompts carry this tag, and so do their versions. */
export const PROMPT_TAG = "mlflow.prompt.is_prompt";

const promptClause = `tags.\`${PROMPT_TAG}\` = 'true'`;

/**
 * A pattern of LIKE in quotes. A value that holds both kinds of quotes cannot be written; there `_`,
 * which matches any character, stands for the single ones.
 */
function pattern(text: string): string {
  if (!text.includes("'")) return `'${text}'`;
  return text.includes('"') ? `'${text.replaceAll("'", "_")}'` : `"${text}"`;
}

function quotedKey(key: string): string {
  return key.includes("`") ? `"${key}"` : `\`${key}\``;
}

/** Words must all be in the name; `key:value` asks for a tag. Searches leave prompts out by themselves. */
export function registryFilter(text: string, prompts: boolean): string {
  const clauses = text
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => {
      const colon = word.indexOf(":");
      if (colon <= 0) return `name ILIKE ${pattern(`%${word}%`)}`;
      const key = quotedKey(word.slice(0, colon));
      return `tags.${key} ILIKE ${pattern(`%${word.slice(colon + 1)}%`)}`;
    });
  if (prompts) clauses.push(promptClause);
  return clauses.join(" AND ");
}

/**
 * The versions of one model. A name with both kinds of quotes is matched by a pattern, so the answer
 * may hold versions of others, which the caller leaves out.
 */
export function versionsFilter(name: string, prompt: boolean): string {
  const both = name.includes("'") && name.includes('"');
  const clause = `name ${both ? "LIKE" : "="} ${pattern(name)}`;
  return prompt ? `${clause} AND ${promptClause}` : clause;
}

export function runVersionsFilter(runId: string): string {
  return `run_id = '${runId}'`;
}

/** A filter as it stands, or words that must all be in the name of the logged model. */
export function loggedFilter(text: string): string | undefined {
  const words = text.trim();
  if (words === "") return undefined;
  if (/[=<>]|\b(I?LIKE|IN)\b/i.test(words)) return words;
  return words
    .split(/\s+/)
    .map((word) => `name ILIKE '%${word.replaceAll(/['"]/g, "_")}%'`)
    .join(" AND ");
}
