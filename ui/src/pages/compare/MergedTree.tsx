// Folders and files of all compared runs, each path once, with marks for the runs that have it. A folder is listed when it is opened.
import { useState } from "react";
import { Link } from "wouter";
import { errorText } from "../../api/client";
import { slotColour } from "../../charts/palette";
import { Button } from "../../parts/Button";
import { Icon } from "../../parts/Icon";
import { baseName } from "../../parts/paths";
import { useCut } from "../../parts/useCut";
import files from "../run/artifacts.module.css";
import css from "./artifacts.module.css";
import type { Merged } from "./merged";
import type { ComparedRun } from "./run";
import { useFolder } from "./useFolder";

const STEP = 300;
/** Runs that have a mark of their own; more are counted. */
const MARKS = 8;

interface Tree {
  runs: readonly ComparedRun[];
  selected: string;
  /** Leave out files that all runs have with the same bytes. */
  onlyDifferent: boolean;
  /** The address that shows a file. */
  route: (path: string) => string;
}

export function MergedTree({
  path = "",
  has,
  ...tree
}: Tree & { path?: string; has?: readonly boolean[] }) {
  const { runs, onlyDifferent } = tree;
  const ids = runs.map(({ detail }) => detail.run.run_id);
  const { merged, error, retry } = useFolder(ids, path, has);
  const listed = (merged ?? []).filter((one) => !onlyDifferent || one.isDir || !one.same);
  const { shown, more } = useCut(listed, STEP);
  if (error)
    return (
      <p className={files.note}>
        {errorText(error)}{" "}
        <Button size="small" onClick={retry}>
          Retry
        </Button>
      </p>
    );
  if (!merged) return <p className={files.note}>Loading…</p>;
  return (
    <ul className={files.entries}>
      {shown.map((one) => (
        <li key={`${one.isDir} ${one.path}`}>
          {one.isDir ? <Folder {...tree} folder={one} /> : <File {...tree} file={one} />}
        </li>
      ))}
      {listed.length === 0 && (
        <li className={files.note}>
          {merged.length === 0
            ? "No artifacts"
            : `${merged.length === 1 ? "1 file is" : `${merged.length} files are`} the same in all runs`}
        </li>
      )}
      {more && <li>{more}</li>}
    </ul>
  );
}

function Folder({ folder, ...tree }: Tree & { folder: Merged }) {
  const [open, setOpen] = useState(tree.selected.startsWith(`${folder.path}/`));
  return (
    <>
      <button
        type="button"
        className={files.entry}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Icon name="right" size={12} />
        <Icon name="folder" size={14} />
        <span className={files.entryName}>{baseName(folder.path)}</span>
        <Owners runs={tree.runs} merged={folder} />
      </button>
      {open && (
        <MergedTree
          {...tree}
          path={folder.path}
          has={folder.entries.map((entry) => entry !== undefined)}
        />
      )}
    </>
  );
}

function File({ runs, selected, route, file }: Tree & { file: Merged }) {
  return (
    <Link
      href={route(file.path)}
      className={files.entry}
      aria-current={file.path === selected ? "page" : undefined}
    >
      <span className={files.indent} />
      <Icon name="file" size={14} />
      <span className={files.entryName} title={file.path}>
        {baseName(file.path)}
      </span>
      {file.same && <span className={files.size}>same</span>}
      <Owners runs={runs} merged={file} />
    </Link>
  );
}

/** Which runs have it: a square each, filled in the run's colour or hollow. */
function Owners({ runs, merged }: { runs: readonly ComparedRun[]; merged: Merged }) {
  const owners = runs.filter((_, index) => merged.entries[index] !== undefined);
  const names = owners.map(({ detail }) => detail.run.name).join(", ");
  const count = `${owners.length} of ${runs.length}`;
  return (
    <span className={css.owners} title={`In ${count} runs: ${names}`}>
      {runs.length <= MARKS &&
        runs.map(({ detail, style }, index) => (
          <span
            key={detail.run.run_id}
            className={css.owner}
            style={{
              color: slotColour(style.slot),
              background: merged.entries[index] ? slotColour(style.slot) : undefined,
            }}
            aria-hidden="true"
          />
        ))}
      <span className={files.size}>
        {count}
        <span className="visually-hidden"> runs: {names}</span>
      </span>
    </span>
  );
}
