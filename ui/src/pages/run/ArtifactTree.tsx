// Folders and files with their size and upload state. A folder is listed when it is opened.
import { useState } from "react";
import { Link } from "wouter";
import { errorText } from "../../api/client";
import type { ArtifactEntry } from "../../api/contract";
import { useArtifacts } from "../../api/queries";
import { byName } from "../../charts/metrics";
import { Button } from "../../parts/Button";
import { formatBytes, formatCount } from "../../parts/format";
import { Icon } from "../../parts/Icon";
import { baseName } from "../../parts/paths";
import { Signal } from "../../parts/Status";
import css from "./artifacts.module.css";

/** The route of an artifact; each part is encoded on its own, because the slashes are the route's. */
export function artifactRoute(runId: string, path: string): string {
  return `/runs/${runId}/artifacts/${path.split("/").map(encodeURIComponent).join("/")}`;
}

const STEP = 300;

export function ArtifactTree({
  runId,
  selected,
  path = "",
}: {
  runId: string;
  selected: string;
  path?: string;
}) {
  const list = useArtifacts(runId, path);
  const [limit, setLimit] = useState(STEP);
  if (list.isPending) return <p className={css.note}>Loading…</p>;
  if (list.error)
    return (
      <p className={css.note}>
        {errorText(list.error)}{" "}
        <Button size="small" onClick={() => void list.refetch()}>
          Retry
        </Button>
      </p>
    );
  const entries = [...list.data.entries].sort(
    (a, b) => Number(b.is_dir) - Number(a.is_dir) || byName(a.path, b.path),
  );
  return (
    <ul className={css.entries}>
      {entries.slice(0, limit).map((entry) => (
        <li key={entry.path}>
          {entry.is_dir ? (
            <Folder runId={runId} entry={entry} selected={selected} />
          ) : (
            <File runId={runId} entry={entry} selected={selected} />
          )}
        </li>
      ))}
      {entries.length === 0 && <li className={css.note}>Empty</li>}
      {entries.length > limit && (
        <li>
          <Button size="small" kind="quiet" onClick={() => setLimit(limit + STEP)}>
            {formatCount(entries.length - limit)} more
          </Button>
        </li>
      )}
    </ul>
  );
}

function Folder({
  runId,
  entry,
  selected,
}: {
  runId: string;
  entry: ArtifactEntry;
  selected: string;
}) {
  const [open, setOpen] = useState(
    selected.startsWith(`${entry.path}/`) || selected === entry.path,
  );
  return (
    <>
      <button
        type="button"
        className={css.entry}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Icon name="right" size={12} />
        <Icon name="folder" size={14} />
        <span className={css.entryName}>{baseName(entry.path)}</span>
        {entry.size !== null && <span className={css.size}>{formatBytes(entry.size)}</span>}
      </button>
      {open && <ArtifactTree runId={runId} selected={selected} path={entry.path} />}
    </>
  );
}

function File({
  runId,
  entry,
  selected,
}: {
  runId: string;
  entry: ArtifactEntry;
  selected: string;
}) {
  return (
    <Link
      href={artifactRoute(runId, entry.path)}
      className={css.entry}
      aria-current={entry.path === selected ? "page" : undefined}
    >
      <span className={css.indent} />
      <Icon name="file" size={14} />
      <span className={css.entryName} title={entry.path}>
        {baseName(entry.path)}
      </span>
      {entry.state === "failed" && <Signal tone="bad">failed</Signal>}
      {entry.state === "staged" && <Signal tone="run">storing</Signal>}
      {entry.size !== null && <span className={css.size}>{formatBytes(entry.size)}</span>}
    </Link>
  );
}
