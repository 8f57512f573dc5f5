// The other runs of the compared experiments, for the grey lines behind the compared ones. Only the fields that are drawn
// are fetched.
import { useQuery } from "@tanstack/react-query";
import { useContext } from "react";
import type { RunsAnswer } from "../../api/contract";
import { fetchRuns, keys } from "../../api/queries";
import { Moment } from "../../charts/moment";
import { type FieldValue, rawValue } from "./fields";

/** As many as one call gives. */
export const MOST_BACKGROUND = 500;

export interface Background {
  /** Per run one value per field. */
  values: FieldValue[][];
  /** How many runs match, the compared ones among them. */
  matched: number;
  /** True when more match than were fetched. */
  cut: boolean;
}

/** An answer together with the fields that were asked for, which its rows do not name. */
type Answer = Pick<RunsAnswer, "rows" | "matched"> & { fields: readonly string[] };

export function useBackground(
  experiments: readonly string[],
  filter: string,
  fields: readonly string[],
  enabled: boolean,
) {
  const at = useContext(Moment);
  return useQuery<Answer>({
    queryKey: [...keys.runs, "background", experiments, filter, fields, at],
    queryFn: ({ signal }) =>
      fetchRuns(
        {
          experiment_ids: [...experiments],
          filter,
          order_by: ["attributes.start_time DESC"],
          view: "active",
          columns: [...fields],
          offset: 0,
          limit: MOST_BACKGROUND,
          ...(at === undefined ? {} : { at }),
        },
        signal,
      ).then((answer) => ({ ...answer, fields })),
    enabled: enabled && fields.length > 0,
    placeholderData: (before) => before,
    staleTime: 30_000,
  });
}

/** The values of `fields` of the runs that are not compared. */
export function backgroundOf(
  answer: Answer | undefined,
  fields: readonly string[],
  compared: ReadonlySet<string>,
): Background {
  if (!answer) return { values: [], matched: 0, cut: false };
  // While another axis is on its way, the lines are drawn with what is there.
  const columns = fields.map((field) => answer.fields.indexOf(field));
  return {
    values: answer.rows
      .filter((row) => !compared.has(row.run_id))
      .map((row) =>
        columns.map((column, index) =>
          column < 0 ? null : rawValue(fields[index] ?? "", row.values[column] ?? null),
        ),
      ),
    matched: answer.matched,
    cut: answer.matched > answer.rows.length,
  };
}
