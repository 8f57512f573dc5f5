// The stage of a version: shown, and moved. Aliases have taken the place of stages, but clients still
// read them.
import { useState } from "react";
import { errorText } from "../../api/client";
import { type ModelVersion, type Stage, versions } from "../../api/models";
import { Button } from "../../parts/Button";
import { Dialog, DialogActions } from "../../parts/Dialog";
import { Signal } from "../../parts/Status";
import { toast } from "../../parts/Toast";
import { Refusal, useSubmit } from "./dialogs";
import css from "./models.module.css";
import { useRegistryRefresh } from "./queries";

const STAGES: readonly Stage[] = ["None", "Staging", "Production", "Archived"];
const TONES = { None: "mute", Staging: "run", Production: "ok", Archived: "mute" } as const;

export function StageMark({ stage }: { stage: Stage | undefined }) {
  if (stage === undefined || stage === "None") return <span className="muted">—</span>;
  return <Signal tone={TONES[stage] ?? "mute"}>{stage}</Signal>;
}

export function StageButton({ version }: { version: ModelVersion }) {
  const refresh = useRegistryRefresh();
  const [open, setOpen] = useState(false);
  const before = version.current_stage ?? "None";

  async function back() {
    try {
      await versions.setStage(version.name, version.version, before, false);
    } catch (error) {
      toast({ message: `The stage was not changed: ${errorText(error)}`, tone: "bad" });
    }
    await refresh();
  }
  async function move(stage: Stage, archive: boolean) {
    await versions.setStage(version.name, version.version, stage, archive);
    await refresh();
    setOpen(false);
    toast({
      message: `Version ${version.version} has the stage ${stage}`,
      // Which others were archived is not known any more, so that is not taken back.
      ...(!archive && { action: { label: "Undo", run: () => void back() } }),
    });
  }

  return (
    <>
      <Button size="small" kind="quiet" aria-label="Change the stage" onClick={() => setOpen(true)}>
        Change…
      </Button>
      {open && <StageDialog before={before} move={move} onClose={() => setOpen(false)} />}
    </>
  );
}

function StageDialog({
  before,
  move,
  onClose,
}: {
  before: Stage;
  move: (stage: Stage, archive: boolean) => Promise<void>;
  onClose: () => void;
}) {
  const [stage, setStage] = useState<Stage>(before);
  const [archive, setArchive] = useState(false);
  const live = stage === "Staging" || stage === "Production";
  const { submit, busy, error } = useSubmit(() => move(stage, archive && live));
  return (
    <Dialog title="Change the stage" onClose={onClose}>
      <form className={css.form} onSubmit={submit}>
        <label className={css.field}>
          Stage
          <select value={stage} onChange={(event) => setStage(event.target.value as Stage)}>
            {STAGES.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
        {live && (
          <label className={css.check}>
            <input
              type="checkbox"
              checked={archive}
              onChange={(event) => setArchive(event.target.checked)}
            />
            Archive the other versions in this stage
          </label>
        )}
        <p className="muted small">Aliases say the same and more; MLflow means to drop stages.</p>
        <Refusal error={error} />
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={busy || stage === before}>
            Change
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
