// The artifacts of a run: tree on the left, preview on the right. The chosen file is in the URL.

import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { keys, useArtifacts } from "../../api/queries";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorBox } from "../../parts/ErrorBox";
import panel from "../../parts/Panel.module.css";
import { folderOf } from "../../parts/paths";
import { Skeleton } from "../../parts/Skeleton";
import { ArtifactFile } from "./ArtifactFile";
import { ArtifactTree } from "./ArtifactTree";
import css from "./artifacts.module.css";
import { IncomingFiles } from "./IncomingFiles";

const WAITING_MS = 3000;
const ARRIVING_MS = 1000;

export default function ArtifactsTab({
  runId,
  path,
  running,
}: {
  runId: string;
  path: string;
  /** More files may come at any time. */
  running: boolean;
}) {
  const root = useArtifacts(runId, "");
  const parent = useArtifacts(runId, folderOf(path));
  const entry = parent.data?.entries.find((one) => one.path === path);
  const incoming = root.data?.incoming ?? [];
  const arriving = incoming.length > 0;
  const staged = [root, parent].some((list) =>
    list.data?.entries.some((one) => one.state === "staged"),
  );
  const pause = arriving ? ARRIVING_MS : staged || running ? WAITING_MS : undefined;
  const client = useQueryClient();
  useEffect(() => {
    if (pause === undefined) return;
    // An upload is no change of the run, so it is asked for as long as there is one or may be one.
    const timer = setInterval(() => {
      if (document.visibilityState === "visible")
        void client.invalidateQueries({ queryKey: keys.artifacts(runId) });
    }, pause);
    return () => clearInterval(timer);
  }, [pause, client, runId]);

  if (root.isPending) return <Skeleton lines={8} label="Loading artifacts" />;
  if (root.error && !root.data)
    return (
      <ErrorBox
        what="The artifacts could not be listed"
        error={root.error}
        retry={() => void root.refetch()}
      />
    );
  if (root.data && root.data.entries.length === 0 && !arriving) {
    return (
      <EmptyState title="No artifacts">
        Files that the run logs, such as models and plots, appear here. In Python:
        mlflow.log_artifact("plot.png")
      </EmptyState>
    );
  }
  return (
    <div className={css.split}>
      <nav className={`${panel.frame} ${css.tree}`} aria-label="Artifacts">
        <IncomingFiles uploads={incoming} />
        <ArtifactTree runId={runId} selected={path} />
      </nav>
      <div className={css.preview}>
        {path === "" ? (
          <EmptyState title="Choose a file">Its preview appears here.</EmptyState>
        ) : entry && !entry.is_dir ? (
          <ArtifactFile key={path} runId={runId} entry={entry} />
        ) : entry ? (
          <EmptyState title={path}>This is a folder. Choose a file in it.</EmptyState>
        ) : parent.isPending ? (
          <Skeleton />
        ) : parent.error ? (
          <ErrorBox
            what={`${path} could not be found`}
            error={parent.error}
            retry={() => void parent.refetch()}
          />
        ) : (
          <EmptyState title="There is no such file">The run has no artifact “{path}”.</EmptyState>
        )}
      </div>
    </div>
  );
}
