// One file of a model and its preview. The files are untrusted: pages are shown as their source, and
// what has no safe preview is offered as a download.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button, buttonClass } from "../../parts/Button";
import { Copy } from "../../parts/Copy";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorBox } from "../../parts/ErrorBox";
import { formatBytes } from "../../parts/format";
import { Icon } from "../../parts/Icon";
import { Markdown } from "../../parts/Markdown";
import { Skeleton } from "../../parts/Skeleton";
import { Pdf, Picture, Player } from "../run/ArtifactMedia";
import { decodeText, type Head, looksBinary } from "../run/artifact-bytes";
import { type ArtifactKind, extensionOf, isWhole, kindOf, planPreview } from "../run/artifact-kind";
import look from "../run/artifacts.module.css";
import { CsvTable } from "../run/CsvTable";
import { type FileEntry, fileUrl, readHead } from "./files";
import type { FilePlace } from "./source";

export function FilePreview({ place, entry }: { place: FilePlace; entry: FileEntry }) {
  const url = fileUrl(place, entry.path);
  return (
    <article className={look.file} aria-label={entry.path}>
      <header className={look.fileHead}>
        <h3 className={look.fileName}>
          {entry.path} <Copy text={entry.path} />
        </h3>
        <a className={buttonClass({ size: "small" })} href={url} download>
          <Icon name="download" size={14} /> Download
        </a>
      </header>
      <Preview url={url} path={entry.path} size={entry.size} />
    </article>
  );
}

function Preview({ url, path, size }: { url: string; path: string; size: number | null }) {
  const kind = kindOf(path);
  const plan = planPreview(kind, size);
  const [asked, setAsked] = useState(false);
  const wanted = plan.how === "fetch" || (plan.how === "ask" && asked);
  const head = useQuery({
    queryKey: ["model-file-bytes", url, size],
    queryFn: ({ signal }) => readHead(url, plan.limit, signal),
    enabled: wanted && size !== 0,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
  if (size === 0) return <EmptyState title="The file is empty" />;
  if (plan.how === "none" || plan.how === "ranges")
    return (
      <EmptyState title="No preview">
        Files of the type “{extensionOf(path)}” have no preview here. They can be downloaded.
      </EmptyState>
    );
  if (plan.how === "large")
    return (
      <EmptyState title="Too large for a preview">
        Files of this type are shown up to {formatBytes(plan.limit)}. This one can be downloaded.
      </EmptyState>
    );
  if (!wanted && !head.data)
    return (
      <EmptyState
        title="A large file"
        action={<Button onClick={() => setAsked(true)}>Preview</Button>}
      >
        {size !== null && `It has ${formatBytes(size)}, so nothing was fetched yet.`}
      </EmptyState>
    );
  if (head.isPending) return <Skeleton label="Loading the preview" />;
  if (head.error)
    return (
      <ErrorBox
        what="The preview could not be loaded"
        error={head.error}
        retry={() => void head.refetch()}
      />
    );
  if (head.data.bytes.byteLength === 0) return <EmptyState title="The file is empty" />;
  return <Shown kind={kind} path={path} head={head.data} />;
}

function Shown({ kind, path, head }: { kind: ArtifactKind; path: string; head: Head }) {
  if (isWhole(kind)) {
    if (head.cut)
      return <EmptyState title="Too large for a preview">The file can be downloaded.</EmptyState>;
    if (kind === "image") return <Picture path={path} head={head} />;
    if (kind === "pdf") return <Pdf path={path} head={head} />;
    return <Player path={path} head={head} film={kind === "video"} />;
  }
  if (looksBinary(head))
    return <EmptyState title="No preview">The file is not text. It can be downloaded.</EmptyState>;
  const text = decodeText(head);
  return (
    <>
      {head.cut && (
        <p className={look.part} role="note">
          The first {formatBytes(head.bytes.byteLength)}. Download the file for all of it.
        </p>
      )}
      {kind === "csv" ? (
        <CsvTable text={text} separator={extensionOf(path) === "tsv" ? "\t" : ","} cut={head.cut} />
      ) : kind === "markdown" ? (
        <Markdown source={text} />
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <pre className={look.text} tabIndex={0}>
          {text}
        </pre>
      )}
    </>
  );
}
