// The models of a run on its overview. Their code comes after the page: most runs have none.
import { lazy, Suspense } from "react";

const RunModelList = lazy(() => import("./RunModelList"));

export function RunModels({ runId }: { runId: string }) {
  return (
    <Suspense fallback={null}>
      <RunModelList runId={runId} />
    </Suspense>
  );
}
