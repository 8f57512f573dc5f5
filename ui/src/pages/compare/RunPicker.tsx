// Adds a run to the comparison, found by its name among the runs of the experiments that are compared.
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { fetchRuns, keys } from "../../api/queries";
import { Button } from "../../parts/Button";
import { Dialog } from "../../parts/Dialog";
import { ErrorBox } from "../../parts/ErrorBox";
import { Icon } from "../../parts/Icon";
import { Status } from "../../parts/Status";
import { Time } from "../../parts/Time";
import css from "./compare.module.css";
import type { ComparedRun } from "./run";

export function RunPicker({
  runs,
  onAdd,
  disabled,
}: {
  runs: readonly ComparedRun[];
  onAdd: (runId: string) => void;
  disabled: boolean;
}) {
  const [open, setOpen] = useState(false);
  if (runs.length === 0) return null;
  return (
    <>
      <Button onClick={() => setOpen(true)} disabled={disabled}>
        <Icon name="plus" size={14} /> Add run
      </Button>
      {open && <Picker runs={runs} onAdd={onAdd} onClose={() => setOpen(false)} />}
    </>
  );
}

const SHOWN = 30;

/** A name as a pattern of the filter language; its quotes and wildcards are not the user's to use here. */
export function nameFilter(search: string): string {
  const clean = search.trim().replaceAll("'", "").replaceAll("%", "");
  return clean === "" ? "" : `attributes.run_name ILIKE '%${clean}%'`;
}

function Picker({
  runs,
  onAdd,
  onClose,
}: {
  runs: readonly ComparedRun[];
  onAdd: (runId: string) => void;
  onClose: () => void;
}) {
  const [search, setSearch] = useState("");
  const filter = nameFilter(useDeferredValue(search));
  const experiments = [...new Set(runs.map((run) => run.detail.run.experiment_id))].sort();
  const found = useQuery({
    queryKey: [...keys.runs, "picker", experiments, filter],
    queryFn: ({ signal }) =>
      fetchRuns(
        {
          experiment_ids: experiments,
          filter,
          order_by: ["attributes.start_time DESC"],
          view: "active",
          columns: [],
          offset: 0,
          limit: SHOWN,
        },
        signal,
      ),
    placeholderData: (before) => before,
  });
  const present = new Set(runs.map((run) => run.detail.run.run_id));
  const rows = (found.data?.rows ?? []).filter((row) => !present.has(row.run_id));
  return (
    <Dialog title="Add a run" onClose={onClose}>
      <input
        type="search"
        aria-label="Search runs by name"
        placeholder="Search runs by name"
        value={search}
        onChange={(event) => setSearch(event.target.value)}
      />
      {found.error && (
        <ErrorBox
          what="The runs could not be searched"
          error={found.error}
          retry={() => void found.refetch()}
        />
      )}
      <ul className={css.picker}>
        {rows.map((row) => (
          <li key={row.run_id}>
            <button type="button" onClick={() => onAdd(row.run_id)}>
              <span className={css.pickName}>{row.name}</span>
              <Status status={row.status} />
              <span className="muted small">
                <Time at={row.start} />
              </span>
            </button>
          </li>
        ))}
        {found.data && rows.length === 0 && <li className="muted">No other run matches.</li>}
      </ul>
    </Dialog>
  );
}
