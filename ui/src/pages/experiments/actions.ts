// What can be done to an experiment. Deleting asks nothing, because its toast takes it back.
import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { errorText, mlflowPost } from "../../api/client";
import { keys, purgeExperiment } from "../../api/queries";
import { formatCount } from "../../parts/format";
import { toast } from "../../parts/Toast";

interface Named {
  experiment_id: string;
  name: string;
}

export function useExperimentActions() {
  const client = useQueryClient();

  const refresh = useCallback(
    (id?: string) =>
      Promise.all([
        client.invalidateQueries({ queryKey: keys.experiments }),
        id === undefined ? undefined : client.invalidateQueries({ queryKey: keys.experiment(id) }),
      ]),
    [client],
  );

  const setDeleted = useCallback(
    async (experiment: Named, deleted: boolean): Promise<void> => {
      const call = deleted ? "delete" : "restore";
      try {
        await mlflowPost(`experiments/${call}`, { experiment_id: experiment.experiment_id });
      } catch (error) {
        toast({ message: `“${experiment.name}”: ${errorText(error)}`, tone: "bad" });
        return;
      }
      await refresh(experiment.experiment_id);
      toast({
        message: `${deleted ? "Deleted" : "Restored"} “${experiment.name}”`,
        action: { label: "Undo", run: () => void setDeleted(experiment, !deleted) },
      });
    },
    [refresh],
  );

  const create = useCallback(
    async (name: string): Promise<string> => {
      const answer = await mlflowPost<{ experiment_id: string }>("experiments/create", { name });
      await refresh();
      return answer.experiment_id;
    },
    [refresh],
  );

  const rename = useCallback(
    async (id: string, name: string): Promise<void> => {
      await mlflowPost("experiments/update", { experiment_id: id, new_name: name });
      await refresh(id);
    },
    [refresh],
  );

  const purge = useCallback(
    async (id: string, name: string): Promise<void> => {
      const { runs } = await purgeExperiment(id, name);
      toast({ message: `Purged “${name}” with ${formatCount(runs)} run${runs === 1 ? "" : "s"}` });
      await refresh();
    },
    [refresh],
  );

  return { setDeleted, create, rename, purge };
}
