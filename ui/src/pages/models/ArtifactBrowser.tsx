// The files of a model: tree on the left, preview on the right. The chosen file is in the address.
import { useState } from "react";
import { useSearchParams } from "wouter";
import { errorText } from "../../api/client";
import { byName } from "../../charts/metrics";
import { Button } from "../../parts/Button";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorBox } from "../../parts/ErrorBox";
import { formatBytes, formatCount } from "../../parts/format";
import { Icon } from "../../parts/Icon";
import { baseName, folderOf } from "../../parts/paths";
import { Skeleton } from "../../parts/Skeleton";
import look from "../run/artifacts.module.css";
import { FilePreview } from "./FilePreview";
import { type FileEntry, useFiles } from "./files";
import css from "./models.module.css";
import type { FilePlace } from "./source";

/** What describes a model of MLflow; the first thing to look at. */
const MAIN_FILE = "MLmodel";
const STEP = 300;

export default function ArtifactBrowser({ place }: { place: FilePlace }) {
  const [search, setSearch] = useSearchParams();
  const root = useFiles(place, "");
  const main = root.data?.some((one) => one.path === MAIN_FILE) ? MAIN_FILE : "";
  const path = search.get("file") ?? main;
  const folder = useFiles(place, folderOf(path));
  const entry = folder.data?.find((one) => one.path === path);

  const choose = (file: string) =>
    setSearch(
      (now) => {
        const next = new URLSearchParams(now);
        next.set("file", file);
        return next;
      },
      { replace: true },
    );

  if (root.isPending) return <Skeleton lines={4} label="Loading the artifacts" />;
  if (root.error)
    return (
      <ErrorBox
        what="The files could not be listed"
        error={root.error}
        retry={() => void root.refetch()}
      />
    );
  if (root.data.length === 0) return <p className="muted">The model has no files.</p>;
  return (
    <div className={css.split}>
      <nav className={css.tree} aria-label="Files">
        <Tree place={place} path="" selected={path} choose={choose} />
      </nav>
      <div className={look.preview}>
        {path === "" ? (
          <EmptyState title="Choose a file">Its preview appears here.</EmptyState>
        ) : entry && !entry.isDir ? (
          <FilePreview key={path} place={place} entry={entry} />
        ) : folder.isPending ? (
          <Skeleton />
        ) : (
          <EmptyState title="There is no such file">The model has no file “{path}”.</EmptyState>
        )}
      </div>
    </div>
  );
}

interface TreeProps {
  place: FilePlace;
  path: string;
  selected: string;
  choose: (path: string) => void;
}

function Tree(props: TreeProps) {
  const list = useFiles(props.place, props.path);
  const [limit, setLimit] = useState(STEP);
  if (list.isPending) return <p className={look.note}>Loading…</p>;
  if (list.error)
    return (
      <p className={look.note}>
        {errorText(list.error)}{" "}
        <Button size="small" onClick={() => void list.refetch()}>
          Retry
        </Button>
      </p>
    );
  const entries = [...list.data].sort(
    (a, b) => Number(b.isDir) - Number(a.isDir) || byName(a.path, b.path),
  );
  return (
    <ul className={look.entries}>
      {entries.slice(0, limit).map((entry) => (
        <li key={entry.path}>
          {entry.isDir ? <Folder {...props} entry={entry} /> : <File {...props} entry={entry} />}
        </li>
      ))}
      {entries.length === 0 && <li className={look.note}>Empty</li>}
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

function Folder({ entry, ...props }: TreeProps & { entry: FileEntry }) {
  const [open, setOpen] = useState(props.selected.startsWith(`${entry.path}/`));
  return (
    <>
      <button
        type="button"
        className={look.entry}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Icon name="right" size={12} />
        <Icon name="folder" size={14} />
        <span className={look.entryName}>{baseName(entry.path)}</span>
      </button>
      {open && <Tree {...props} path={entry.path} />}
    </>
  );
}

function File({ entry, selected, choose }: TreeProps & { entry: FileEntry }) {
  return (
    <button
      type="button"
      className={look.entry}
      aria-current={entry.path === selected ? "true" : undefined}
      onClick={() => choose(entry.path)}
    >
      <span className={look.indent} />
      <Icon name="file" size={14} />
      <span className={look.entryName} title={entry.path}>
        {baseName(entry.path)}
      </span>
      {entry.size !== null && <span className={look.size}>{formatBytes(entry.size)}</span>}
    </button>
  );
}
