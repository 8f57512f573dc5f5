// The preview of an artifact by type. Everything is untrusted: nothing here may run in this page, and what has no safe
// preview is offered as a download.

import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo, useState } from "react";
import { Button, Segmented } from "../../parts/Button";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorBox } from "../../parts/ErrorBox";
import { formatBytes } from "../../parts/format";
import { Markdown } from "../../parts/Markdown";
import panel from "../../parts/Panel.module.css";
import { Skeleton } from "../../parts/Skeleton";
import { Pdf, Picture, Player } from "./ArtifactMedia";
import { decodeText, type Head, looksBinary, prettyJson } from "./artifact-bytes";
import { type ArtifactKind, extensionOf, isWhole, kindOf, planPreview } from "./artifact-kind";
import css from "./artifacts.module.css";
import { CsvTable } from "./CsvTable";
import { GeoMap } from "./GeoMap";
import { readGeoJson } from "./geojson";
import { headOf } from "./head";

const ParquetView = lazy(() => import("./ParquetView"));

export function ArtifactPreview({
  runId,
  path,
  size,
}: {
  runId: string;
  path: string;
  size: number | null;
}) {
  const kind = kindOf(path);
  const plan = planPreview(kind, size);
  const [asked, setAsked] = useState(false);
  const empty = size === 0;
  const head = useQuery({
    ...headOf(runId, path, size, plan.limit),
    enabled: !empty && (plan.how === "fetch" || (plan.how === "ask" && asked)),
  });
  if (empty) return <EmptyState title="The file is empty" />;
  if (plan.how === "none")
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
  if (plan.how === "ranges")
    return size === null ? (
      <EmptyState title="No preview">
        The size of the file is not known. It can be downloaded.
      </EmptyState>
    ) : (
      <Suspense fallback={<Skeleton label="Loading the preview" />}>
        <ParquetView runId={runId} path={path} size={size} />
      </Suspense>
    );
  // A file that was asked for before may still be here.
  if (plan.how === "ask" && !asked && !head.data)
    return (
      <EmptyState
        title="A large file"
        action={<Button onClick={() => setAsked(true)}>{askLabel(kind, size)}</Button>}
      >
        {size === null ? "" : `It has ${formatBytes(size)}, so nothing was fetched yet.`}
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
  return <Shown kind={kind} path={path} head={head.data} size={size} />;
}

function askLabel(kind: ArtifactKind, size: number | null): string {
  if (isWhole(kind)) return size === null ? "Preview" : `Preview all ${formatBytes(size)}`;
  return "Preview first 256 KB";
}

function Shown({
  kind,
  path,
  head,
  size,
}: {
  kind: ArtifactKind;
  path: string;
  head: Head;
  size: number | null;
}) {
  if (isWhole(kind)) {
    // Without a known size the limit may have cut it; half a picture or film is none.
    if (head.cut)
      return <EmptyState title="Too large for a preview">The file can be downloaded.</EmptyState>;
    if (kind === "image") return <Picture path={path} head={head} />;
    if (kind === "pdf") return <Pdf path={path} head={head} />;
    return <Player path={path} head={head} film={kind === "video"} />;
  }
  if (looksBinary(head))
    return <EmptyState title="No preview">The file is not text. It can be downloaded.</EmptyState>;
  const text = decodeText(head);
  const part = head.cut && (
    <p className={css.part} role="note">
      The first {partSize(head.bytes.byteLength)}
      {size === null ? "" : ` of ${formatBytes(size)}`}. Download the file for all of it.
    </p>
  );
  return (
    <>
      {part}
      {kind === "csv" ? (
        <CsvTable text={text} separator={extensionOf(path) === "tsv" ? "\t" : ","} cut={head.cut} />
      ) : kind === "markdown" ? (
        <TwoWays names={["Rendered", "Source"]} first={<Markdown source={text} />} text={text} />
      ) : kind === "geojson" ? (
        <Geo path={path} text={text} />
      ) : kind === "html" ? (
        <Html text={text} />
      ) : (
        <Plain text={kind === "json" && !head.cut ? prettyJson(text) : text} />
      )}
    </>
  );
}

/** Parts are cut at powers of two, and are called so on the button that asks for one. */
function partSize(bytes: number): string {
  return bytes % 1024 === 0 && bytes < 1024 * 1024 ? `${bytes / 1024} KB` : formatBytes(bytes);
}

function Plain({ text }: { text: string }) {
  const [wrap, setWrap] = useState(false);
  return (
    <>
      <div className={css.tools}>
        <Button size="small" aria-pressed={wrap} onClick={() => setWrap(!wrap)}>
          Wrap lines
        </Button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <pre className={wrap ? `${css.text} ${css.wrapped}` : css.text} tabIndex={0}>
        {text}
      </pre>
    </>
  );
}

function TwoWays({
  names,
  first,
  text,
}: {
  names: [string, string];
  first: React.ReactNode;
  text: string;
}) {
  const [way, setWay] = useState<"first" | "text">("first");
  return (
    <>
      <div className={css.tools}>
        <Segmented
          label="View"
          size="small"
          value={way}
          onChange={setWay}
          options={[
            { value: "first", label: names[0] },
            { value: "text", label: names[1] },
          ]}
        />
      </div>
      {way === "first" ? first : <Plain text={text} />}
    </>
  );
}

/** Its shapes where there are some, else what it says. */
function Geo({ path, text }: { path: string; text: string }) {
  const shapes = useMemo(() => readGeoJson(text), [text]);
  const source = prettyJson(text);
  if (!shapes) return <Plain text={source} />;
  return (
    <TwoWays
      names={["Map", "Source"]}
      first={<GeoMap path={path} shapes={shapes} />}
      text={source}
    />
  );
}

/** Sandboxed without any right: no scripts, no forms, no access to this page, and no origin of its own. */
function Html({ text }: { text: string }) {
  return (
    <>
      <p className={css.part} role="note">
        Shown without scripts, styles and pictures of its own. Download the file to see it as it was
        meant.
      </p>
      <TwoWays
        names={["Page", "Source"]}
        first={
          <iframe
            className={`${panel.frame} ${css.frame}`}
            title="The file as a page"
            sandbox=""
            srcDoc={text}
          />
        }
        text={text}
      />
    </>
  );
}
