// One artifact: what is known about it, download, retry of a failed upload, and its preview.
import { useQueryClient } from "@tanstack/react-query";
import { artifactUrl, errorText } from "../../api/client";
import type { ArtifactEntry } from "../../api/contract";
import { keys, useUploadAction } from "../../api/queries";
import { Button, buttonClass } from "../../parts/Button";
import { Copy } from "../../parts/Copy";
import { formatBytes, formatDateTime } from "../../parts/format";
import { Icon } from "../../parts/Icon";
import { Signal } from "../../parts/Status";
import { toast } from "../../parts/Toast";
import { ArtifactPreview } from "./ArtifactPreview";
import css from "./artifacts.module.css";

export function ArtifactFile({ runId, entry }: { runId: string; entry: ArtifactEntry }) {
  const client = useQueryClient();
  const action = useUploadAction();
  const retry = () =>
    entry.upload_id &&
    action.mutate(
      { uploadId: entry.upload_id, action: "retry" },
      {
        onSuccess: () => toast({ message: "The upload is tried again" }),
        onError: (error) =>
          toast({ message: `The upload was not tried again: ${errorText(error)}`, tone: "bad" }),
        onSettled: () => client.invalidateQueries({ queryKey: keys.artifacts(runId) }),
      },
    );
  return (
    <article className={css.file} aria-label={entry.path}>
      <header className={css.fileHead}>
        <h2 className={css.fileName}>
          {entry.path} <Copy text={entry.path} />
        </h2>
        <a
          className={buttonClass({ size: "small" })}
          href={artifactUrl(runId, entry.path)}
          download
        >
          <Icon name="download" size={14} /> Download
        </a>
      </header>
      <p className={css.facts}>
        {entry.size !== null && (
          <span title={`${entry.size} bytes`}>{formatBytes(entry.size)}</span>
        )}
        {entry.state === "stored" && <Signal tone="ok">Stored</Signal>}
        {entry.state === "staged" && <Signal tone="run">Received, waiting for storage</Signal>}
        {entry.state === "failed" && <Signal tone="bad">Storing failed</Signal>}
        {entry.staged_at !== undefined && <span>received {formatDateTime(entry.staged_at)}</span>}
        {entry.sha256 && (
          <span>
            sha256 <span className="mono">{entry.sha256.slice(0, 12)}…</span>{" "}
            <Copy text={entry.sha256} />
          </span>
        )}
      </p>
      {entry.state === "failed" && (
        <div className={css.failed} role="alert">
          <span>
            {entry.error ?? "The artifact store did not take the file."} Its bytes are kept by the
            server.
          </span>
          {entry.upload_id && (
            <Button size="small" onClick={retry} disabled={action.isPending}>
              Retry
            </Button>
          )}
        </div>
      )}
      <ArtifactPreview runId={runId} path={entry.path} size={entry.size} />
    </article>
  );
}
