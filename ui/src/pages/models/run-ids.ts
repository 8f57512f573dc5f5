// Which runs the names of are asked for, in calls of bounded size. Pure.

const RUN_ID = /^[0-9a-f]{32}$/;
const CHUNK = 100;

/**
 * The ids in their order, each once and without what is no id of a run here. New ids of a list that grows
 * at its end only touch the last part.
 */
export function idChunks(ids: readonly (string | undefined)[]): string[][] {
  const known = [...new Set(ids)].filter((id) => id !== undefined && RUN_ID.test(id)) as string[];
  const chunks: string[][] = [];
  for (let at = 0; at < known.length; at += CHUNK) chunks.push(known.slice(at, at + CHUNK));
  return chunks;
}

export function runIdFilter(ids: readonly string[]): string {
  return `attributes.run_id IN (${ids.map((id) => `'${id}'`).join(", ")})`;
}
