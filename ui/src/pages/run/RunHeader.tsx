// The head of a run: name, status, times, id, and what can be done to it.
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useLocation } from "wouter";
import { errorText } from "../../api/client";
import type { BulkAction, RunDetail } from "../../api/contract";
import { bulk, keys, purgeRun, renameRun } from "../../api/queries";
import { useKeys } from "../../app/keyboard";
import { slotColour, slotOf } from "../../charts/palette";
import { ActionMenu } from "../../parts/ActionMenu";
import { Button, LinkButton } from "../../parts/Button";
import { Copy, copyText } from "../../parts/Copy";
import { Dialog, DialogActions } from "../../parts/Dialog";
import { Icon } from "../../parts/Icon";
import { PurgeDialog } from "../../parts/PurgeDialog";
import { Status } from "../../parts/Status";
import { Duration, Time } from "../../parts/Time";
import { toast } from "../../parts/Toast";
import type { Side } from "./neighbour";
import css from "./run.module.css";
import { usePin } from "./usePin";

export function RunHeader({ detail, goTo }: { detail: RunDetail; goTo: (side: Side) => void }) {
  const { run, as_of: past } = detail;
  const [renaming, setRenaming] = useState(false);
  const [purging, setPurging] = useState(false);
  const [, go] = useLocation();
  const change = useDeletion();
  const [pinned, togglePin] = usePin(run.experiment_id, run.run_id);
  useKeys({ p: togglePin });
  const last = detail.metrics.reduce((latest, metric) => Math.max(latest, metric.timestamp), 0);
  const step = detail.metrics.reduce((highest, metric) => Math.max(highest, metric.step), 0);
  return (
    <header className={css.header}>
      <div className={css.headRow}>
        <h1 className={css.name}>
          <span className={css.swatch} style={{ background: slotColour(slotOf(run.run_id)) }} />
          <span>{run.name}</span>
        </h1>
        <Status status={run.status} deleted={run.deleted} />
        <span className={css.actions}>
          <Button
            kind="quiet"
            aria-label="Previous run, the one started after this"
            aria-keyshortcuts="["
            title="Previous run (started later)   ["
            onClick={() => goTo("newer")}
          >
            <Icon name="up" size={14} />
          </Button>
          <Button
            kind="quiet"
            aria-label="Next run, the one started before this"
            aria-keyshortcuts="]"
            title="Next run (started earlier)   ]"
            onClick={() => goTo("older")}
          >
            <Icon name="down" size={14} />
          </Button>
          <Button
            aria-pressed={pinned}
            aria-keyshortcuts="p"
            title="On top of the table of runs, whatever the filter and the order   P"
            onClick={togglePin}
          >
            Pin
          </Button>
          <LinkButton to={`/compare?runs=${run.run_id}`}>Compare with…</LinkButton>
          {past ? null : run.deleted ? (
            <>
              <Button onClick={() => void change({ run_ids: [run.run_id], action: "restore" })}>
                <Icon name="restore" size={14} /> Restore
              </Button>
              <Button kind="danger" onClick={() => setPurging(true)}>
                Purge…
              </Button>
            </>
          ) : (
            <ActionMenu
              label="More actions"
              size="normal"
              items={[
                { label: "Rename…", run: () => setRenaming(true) },
                {
                  label: "Copy artifact URI",
                  run: () =>
                    void copyText(run.artifact_uri).then(
                      () => toast({ message: "Copied the artifact URI" }),
                      (error) => toast({ message: errorText(error), tone: "bad" }),
                    ),
                },
                {
                  label: "Delete",
                  danger: true,
                  run: () => void change({ run_ids: [run.run_id], action: "delete" }),
                },
              ]}
            />
          )}
        </span>
      </div>
      <div className={css.meta}>
        <span className={css.id}>
          <span className="mono">{run.run_id}</span>
          <Copy text={run.run_id} />
        </span>
        {run.user && <span>{run.user}</span>}
        <span>
          started <Time at={run.start} />
        </span>
        <span>
          {run.end === null ? "running for " : "took "}
          <Duration start={run.start} end={run.end ?? past?.at ?? null} />
        </span>
        {step > 0 && <span>step {step.toLocaleString("en-US")}</span>}
        {last > 0 && (
          <span>
            last point <Time at={last} />
          </span>
        )}
      </div>
      {run.deleted && (
        <p className={css.banner}>
          <Icon name="warning" /> This run is deleted. It is left out of lists until it is restored.
        </p>
      )}
      {purging && (
        <PurgeDialog
          what="run"
          name={run.name}
          purge={async (name) => {
            await purgeRun(run.run_id, name);
            toast({ message: `Purged “${name}”` });
            go(`/experiments/${encodeURIComponent(run.experiment_id)}?view=deleted`);
          }}
          onClose={() => setPurging(false)}
        >
          Its metrics go with it, and the artifacts that this server keeps.
        </PurgeDialog>
      )}
      {renaming && <RenameDialog detail={detail} onClose={() => setRenaming(false)} />}
    </header>
  );
}

function useDeletion() {
  const client = useQueryClient();
  return async function change(action: BulkAction): Promise<void> {
    try {
      const { undo } = await bulk(action);
      toast({
        message: action.action === "delete" ? "Deleted the run" : "Restored the run",
        action: { label: "Undo", run: () => void change(undo) },
      });
    } catch (error) {
      toast({ message: `The run could not be changed: ${errorText(error)}`, tone: "bad" });
    }
    for (const runId of "run_ids" in action ? action.run_ids : [])
      void client.invalidateQueries({ queryKey: keys.run(runId) });
    void client.invalidateQueries({ queryKey: keys.runs });
  };
}

function RenameDialog({ detail, onClose }: { detail: RunDetail; onClose: () => void }) {
  const client = useQueryClient();
  const { run_id: runId, name: old } = detail.run;
  const [name, setName] = useState(old);
  const [error, setError] = useState<unknown>();
  async function submit(event: FormEvent) {
    event.preventDefault();
    try {
      await renameRun(runId, name.trim());
    } catch (failure) {
      setError(failure);
      return;
    }
    await client.invalidateQueries({ queryKey: keys.run(runId) });
    toast({
      message: `Renamed to “${name.trim()}”`,
      action: {
        label: "Undo",
        run: () =>
          void renameRun(runId, old).then(() =>
            client.invalidateQueries({ queryKey: keys.run(runId) }),
          ),
      },
    });
    onClose();
  }
  return (
    <Dialog title="Rename the run" onClose={onClose}>
      <form onSubmit={submit} className={css.form}>
        <label className={css.field}>
          Name
          <input
            type="text"
            value={name}
            onChange={(event) => setName(event.target.value)}
            required
          />
        </label>
        {error !== undefined && (
          <p className={css.bad} role="alert">
            {errorText(error)}
          </p>
        )}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={name.trim() === "" || name.trim() === old}>
            Rename
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
