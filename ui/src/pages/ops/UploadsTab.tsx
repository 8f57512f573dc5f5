// Artifacts that were received and are not stored: those that failed, to be tried again or given up, those that wait, and those that
// are arriving.
import { useState } from "react";
import { Link } from "wouter";
import { errorText } from "../../api/client";
import type { Upload } from "../../api/contract";
import { useUploadAction, useUploads } from "../../api/queries";
import { Button } from "../../parts/Button";
import { Copy } from "../../parts/Copy";
import table from "../../parts/DataTable.module.css";
import { Dialog, DialogActions } from "../../parts/Dialog";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorBox } from "../../parts/ErrorBox";
import { formatBytes } from "../../parts/format";
import { Skeleton } from "../../parts/Skeleton";
import { TableFrame } from "../../parts/TableFrame";
import { Time } from "../../parts/Time";
import { toast } from "../../parts/Toast";
import { artifactName, subjectOf } from "../activity/describe";
import { IncomingUploads } from "./IncomingUploads";
import css from "./ops.module.css";

export default function UploadsTab() {
  const waiting = useUploads("staged");
  return (
    <div className={css.sections}>
      <IncomingUploads uploads={waiting.data?.incoming ?? []} />
      <Uploads state="failed" title="Failed" none="No upload has failed." />
      <Uploads state="staged" title="Waiting for storage" none="No upload waits." />
    </div>
  );
}

/** The server lists at most this many; then the count is a lower bound. */
const LIMIT = 200;

function Uploads({
  state,
  title,
  none,
}: {
  state: "failed" | "staged";
  title: string;
  none: string;
}) {
  const list = useUploads(state);
  const action = useUploadAction();
  const [discarding, setDiscarding] = useState<Upload | null>(null);
  const uploads = list.data?.uploads ?? [];

  function act(upload: Upload, what: "retry" | "discard") {
    action.mutate(
      { uploadId: upload.upload_id, action: what },
      {
        onSuccess: () =>
          toast({
            message: what === "retry" ? "The upload is tried again" : "The upload was discarded",
          }),
        onError: (error) =>
          toast({ message: `${artifactName(upload.path)}: ${errorText(error)}`, tone: "bad" }),
      },
    );
  }

  async function retryAll() {
    // One after the other: the store that refused them may still be weak.
    let done = 0;
    for (const upload of uploads) {
      try {
        await action.mutateAsync({ uploadId: upload.upload_id, action: "retry" });
        done += 1;
      } catch (error) {
        toast({ message: `Stopped after ${done}: ${errorText(error)}`, tone: "bad" });
        return;
      }
    }
    toast({ message: `${done} uploads are tried again` });
  }

  return (
    <section aria-label={title}>
      <div className={css.sectionHead}>
        <h2>
          {title}{" "}
          <span className="muted">
            {uploads.length}
            {uploads.length >= LIMIT && "+"}
          </span>
        </h2>
        {state === "failed" && uploads.length > 1 && (
          <Button size="small" disabled={action.isPending} onClick={() => void retryAll()}>
            Retry all
          </Button>
        )}
      </div>
      {list.error && (
        <ErrorBox
          what="The uploads could not be listed"
          error={list.error}
          retry={() => void list.refetch()}
        />
      )}
      {list.isPending ? (
        <Skeleton lines={4} />
      ) : uploads.length === 0 ? (
        !list.error && <EmptyState title={none} />
      ) : (
        <TableFrame label="Uploads">
          <table className={table.table}>
            <thead>
              <tr>
                <th scope="col">Artifact</th>
                <th scope="col">Run</th>
                <th scope="col" className={table.n}>
                  Size
                </th>
                <th scope="col">Received</th>
                {state === "failed" && <th scope="col">Error</th>}
                {state === "failed" && <th scope="col">Action</th>}
              </tr>
            </thead>
            <tbody>
              {uploads.map((upload) => (
                <Row
                  key={upload.upload_id}
                  upload={upload}
                  busy={action.isPending}
                  onRetry={() => act(upload, "retry")}
                  onDiscard={() => setDiscarding(upload)}
                />
              ))}
            </tbody>
          </table>
        </TableFrame>
      )}
      {discarding && (
        <Dialog title="Discard the upload?" onClose={() => setDiscarding(null)}>
          <p>
            The received bytes of <span className="mono">{artifactName(discarding.path)}</span> (
            {formatBytes(discarding.size)}) are deleted. This cannot be undone: the run has to log
            the file again.
          </p>
          <DialogActions>
            <Button onClick={() => setDiscarding(null)}>Keep</Button>
            <Button
              kind="danger"
              onClick={() => {
                act(discarding, "discard");
                setDiscarding(null);
              }}
            >
              Discard
            </Button>
          </DialogActions>
        </Dialog>
      )}
    </section>
  );
}

function Row({
  upload,
  busy,
  onRetry,
  onDiscard,
}: {
  upload: Upload;
  busy: boolean;
  onRetry: () => void;
  onDiscard: () => void;
}) {
  const run = subjectOf(`artifact/${upload.path}`);
  return (
    <tr>
      <th scope="row" title={upload.path}>
        {artifactName(upload.path)}
      </th>
      <td>{run ? <Link href={run.to}>{run.label}</Link> : "—"}</td>
      <td className={table.n}>{formatBytes(upload.size)}</td>
      <td>
        <Time at={upload.staged_at} />
      </td>
      {upload.state === "failed" && (
        <>
          <td className={css.error}>{upload.error ?? "—"}</td>
          <td>
            <span className={css.rowActions}>
              <Button size="small" disabled={busy} onClick={onRetry}>
                Retry
              </Button>
              <Button size="small" kind="danger" disabled={busy} onClick={onDiscard}>
                Discard…
              </Button>
              <Copy text={upload.upload_id} />
            </span>
          </td>
        </>
      )}
    </tr>
  );
}
