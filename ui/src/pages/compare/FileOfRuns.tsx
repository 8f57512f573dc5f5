// One file of several runs: beside one another, or what differs between two of them where it is text.
import { useRef, useState } from "react";
import { Link, useSearchParams } from "wouter";
import { artifactUrl } from "../../api/client";
import type { ArtifactEntry } from "../../api/contract";
import { slotColour } from "../../charts/palette";
import { useVisible } from "../../charts/useVisible";
import { buttonClass, Segmented } from "../../parts/Button";
import { formatBytes } from "../../parts/format";
import { Icon } from "../../parts/Icon";
import panel from "../../parts/Panel.module.css";
import { Signal } from "../../parts/Status";
import { useCut } from "../../parts/useCut";
import { ArtifactPreview } from "../run/ArtifactPreview";
import { artifactRoute } from "../run/ArtifactTree";
import { type ArtifactKind, kindOf } from "../run/artifact-kind";
import css from "./artifacts.module.css";
import { areSame, type Merged } from "./merged";
import type { ComparedRun } from "./run";
import { TextDiff } from "./TextDiff";

export interface RunFile {
  run: ComparedRun;
  entry: ArtifactEntry;
}

/** Previews made before one asks for more. */
const STEP = 12;
/** Kinds that have lines. Of a table one wants to see the rows first. */
const LINES: readonly ArtifactKind[] = ["text", "json", "markdown", "html"];
const PERHAPS: readonly ArtifactKind[] = ["csv", "geojson", "unknown"];

export function FileOfRuns({ runs, file }: { runs: readonly ComparedRun[]; file: Merged }) {
  const [params, setParams] = useSearchParams();
  const kind = kindOf(file.path);
  const found: RunFile[] = runs.flatMap((run, index) => {
    const entry = file.entries[index];
    return entry ? [{ run, entry }] : [];
  });
  const missing = runs.filter((_, index) => !file.entries[index]);
  const same = areSame(found.map(({ entry }) => entry));
  const canDiffer = found.length > 1 && (LINES.includes(kind) || PERHAPS.includes(kind));
  const view = params.get("view") ?? (LINES.includes(kind) && !same ? "diff" : "side");
  return (
    <article className={css.file} aria-label={file.path}>
      <header className={css.head}>
        <h2 className={css.name}>{file.path}</h2>
        {canDiffer && (
          <Segmented
            label="View"
            size="small"
            value={view === "diff" ? "diff" : "side"}
            options={[
              { value: "side", label: "Side by side" },
              { value: "diff", label: "Differences" },
            ]}
            onChange={(next) =>
              setParams(
                (current) => {
                  const changed = new URLSearchParams(current);
                  changed.set("view", next);
                  return changed;
                },
                { replace: true },
              )
            }
          />
        )}
      </header>
      <p className={css.facts}>
        {same
          ? `The same bytes in all ${found.length} runs${missing.length > 0 ? " that have it" : ""}. `
          : ""}
        {missing.length > 0 && `Not in ${missing.map(({ detail }) => detail.run.name).join(", ")}.`}
      </p>
      {canDiffer && view === "diff" ? (
        <TextDiff files={found} path={file.path} />
      ) : (
        <SideBySide files={found} path={file.path} />
      )}
    </article>
  );
}

function SideBySide({ files, path }: { files: readonly RunFile[]; path: string }) {
  const { shown, more } = useCut(files, STEP);
  return (
    <>
      <div className={css.side}>
        {shown.map((file) => (
          <One key={file.run.detail.run.run_id} {...file} path={path} />
        ))}
      </div>
      {more}
    </>
  );
}

function One({ run, entry, path }: RunFile & { path: string }) {
  const { run_id: runId, name } = run.detail.run;
  const box = useRef<HTMLElement>(null);
  const { visible } = useVisible(box);
  // What is off the screen is not fetched; what was on it stays.
  const [made, setMade] = useState(false);
  if (visible && !made) setMade(true);
  return (
    <section ref={box} className={`${panel.card} ${css.one}`} aria-label={`${path} of ${name}`}>
      <header className={css.oneHead}>
        <span
          className={css.owner}
          style={{ color: slotColour(run.style.slot), background: slotColour(run.style.slot) }}
          aria-hidden="true"
        />
        <Link className={css.run} href={artifactRoute(runId, path)}>
          {name}
        </Link>
        {entry.state === "staged" && <Signal tone="run">storing</Signal>}
        {entry.state === "failed" && <Signal tone="bad">failed</Signal>}
        <span className="muted small mono">{formatBytes(entry.size)}</span>
        <a
          className={buttonClass({ size: "small", kind: "quiet" })}
          href={artifactUrl(runId, path)}
          download
          aria-label={`Download ${path} of ${name}`}
        >
          <Icon name="download" size={14} />
        </a>
      </header>
      {made && <ArtifactPreview runId={runId} path={path} size={entry.size} />}
    </section>
  );
}
