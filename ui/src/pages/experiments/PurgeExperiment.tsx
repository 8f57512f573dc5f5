// Removes a deleted experiment for good, when its name was typed.
import type { Experiment } from "../../api/contract";
import { PurgeDialog } from "../../parts/PurgeDialog";
import { useExperimentActions } from "./actions";

export function PurgeExperiment({
  experiment,
  onPurged,
  onClose,
}: {
  experiment: Experiment;
  onPurged?: () => void;
  onClose: () => void;
}) {
  const { purge } = useExperimentActions();
  return (
    <PurgeDialog
      what="experiment"
      name={experiment.name}
      purge={async (name) => {
        await purge(experiment.experiment_id, name);
        onPurged?.();
      }}
      onClose={onClose}
    >
      Its runs go with it, with their metrics and with the artifacts that this server keeps.
    </PurgeDialog>
  );
}
