// One tag for many runs, with what each had before, so that it can be taken back.
import { errorText } from "../../api/client";
import type { RunsAnswer } from "../../api/contract";
import { deleteRunTag, fetchRuns, setRunTag } from "../../api/queries";
import { formatCount } from "../../parts/format";
import { toast } from "../../parts/Toast";

/** More than anybody picks by hand; a whole table is tagged by a script. */
export const MOST_TAGGED = 500;
const AT_ONCE = 6;

/** What the runs have now; undefined where a run has no such tag. */
async function valuesOf(
  experimentId: string,
  ids: readonly string[],
  key: string,
): Promise<Map<string, string | undefined>> {
  const list = ids.map((id) => `'${id}'`).join(", ");
  const answer: RunsAnswer = await fetchRuns({
    experiment_ids: [experimentId],
    filter: `attributes.run_id IN (${list})`,
    order_by: [],
    view: "all",
    columns: [`tags.${key}`],
    offset: 0,
    limit: MOST_TAGGED,
  });
  return new Map(
    answer.rows.map((row) => {
      const value = row.values[0];
      return [row.run_id, value === null || value === undefined ? undefined : String(value)];
    }),
  );
}

/** Writes the value of each run, a few at a time; undefined removes the tag. */
async function write(key: string, values: ReadonlyMap<string, string | undefined>): Promise<void> {
  const left = [...values];
  const worker = async () => {
    for (let next = left.pop(); next; next = left.pop()) {
      const [id, value] = next;
      await (value === undefined ? deleteRunTag(id, key) : setRunTag(id, key, value));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Throws where the tag could not be set on all; those that have it then keep it. */
export async function tagRuns(
  experimentId: string,
  ids: readonly string[],
  key: string,
  value: string,
  after: () => void,
): Promise<void> {
  const before = await valuesOf(experimentId, ids, key);
  await write(key, new Map(ids.map((id) => [id, value])));
  after();
  const undo = () =>
    write(key, before)
      .catch((error: unknown) =>
        toast({ message: `The tags were not all taken back: ${errorText(error)}`, tone: "bad" }),
      )
      .finally(after);
  toast({
    message: `Tagged ${formatCount(ids.length)} run${ids.length === 1 ? "" : "s"} with ${key}`,
    action: { label: "Undo", run: () => void undo() },
  });
}
