// For somebody who only wants to look: has the server record a few experiments, which then appear in the list.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { keys, loadSampleData } from "../../api/queries";
import { Button } from "../../parts/Button";
import { ErrorBox } from "../../parts/ErrorBox";
import { toast } from "../../parts/Toast";
import css from "./SampleData.module.css";

export function SampleData() {
  const client = useQueryClient();
  const load = useMutation({
    mutationFn: loadSampleData,
    onSuccess: async ({ runs, experiments }) => {
      await client.invalidateQueries({ queryKey: keys.experiments });
      toast({ message: `Loaded ${runs} runs in ${experiments.length} experiments` });
    },
  });
  return (
    <section className={css.offer} aria-label="Sample data">
      <p className="muted">
        No training at hand? Look around with made-up runs; deleting their experiments removes them.
      </p>
      <Button disabled={load.isPending} onClick={() => load.mutate()}>
        {load.isPending ? "Loading…" : "Load sample data"}
      </Button>
      {load.error && (
        <ErrorBox
          what="The sample data could not be loaded"
          error={load.error}
          retry={() => load.mutate()}
        />
      )}
    </section>
  );
}
