// Which fields a plot shows and which of them have a logarithmic axis, kept in the URL.
import { useMemo } from "react";
import { useSearchParams } from "wouter";
import { type FieldValue, fieldsOf, fieldValue } from "./fields";
import type { ComparedRun } from "./run";

export interface PlotFields {
  all: string[];
  /** Fields whose values are numbers wherever a run has one. */
  numeric: string[];
  /** The same, those with the most different values first. */
  spread: string[];
  values(field: string): FieldValue[];
  /** What the URL names under `key` where it is one of `from`, else the first of `from` that fits. */
  pick(key: string, from: readonly string[], prefix: string, not?: readonly string[]): string;
  set(key: string, value: string): void;
  log(field: string): boolean;
  toggleLog(field: string): void;
}

/** `logKey` names the URL parameter with the logarithmic fields. */
export function usePlotFields(runs: readonly ComparedRun[], logKey: string): PlotFields {
  const [params, setParams] = useSearchParams();
  const details = runs.map((run) => run.detail);
  const fields = fieldsOf(details);
  const all = useMemo(() => fields.map((one) => one.field), [fields]);
  const numeric = useMemo(
    () => fields.filter((one) => one.numeric).map((one) => one.field),
    [fields],
  );
  // Those on which the runs lie apart come first: between two columns of points there is little to see.
  const spread = useMemo(
    () =>
      fields
        .filter((one) => one.numeric)
        .sort((a, b) => b.distinct - a.distinct)
        .map((one) => one.field),
    [fields],
  );
  const values = (field: string) => details.map((detail) => fieldValue(detail, field));
  const logs = params.getAll(logKey);
  function change(edit: (next: URLSearchParams) => void) {
    setParams(
      (current) => {
        const next = new URLSearchParams(current);
        edit(next);
        return next;
      },
      { replace: true },
    );
  }
  return {
    all,
    numeric,
    spread,
    values,
    pick(key, from, prefix, not = []) {
      const wanted = params.get(key);
      if (wanted !== null && from.includes(wanted)) return wanted;
      const free = from.filter((field) => !not.includes(field));
      return free.find((field) => field.startsWith(prefix)) ?? free[0] ?? "";
    },
    set: (key, value) => change((next) => next.set(key, value)),
    log: (field) => logs.includes(field),
    toggleLog: (field) =>
      change((next) => {
        next.delete(logKey);
        for (const one of logs) if (one !== field) next.append(logKey, one);
        if (!logs.includes(field)) next.append(logKey, field);
      }),
  };
}
