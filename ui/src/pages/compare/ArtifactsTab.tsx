// The artifacts of the compared runs: one tree of all their paths, and the same file of each beside one another. The chosen file is in
// the URL.
import { useSearchParams } from "wouter";
import { Button } from "../../parts/Button";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorBox } from "../../parts/ErrorBox";
import panel from "../../parts/Panel.module.css";
import { folderOf } from "../../parts/paths";
import { Skeleton } from "../../parts/Skeleton";
import files from "../run/artifacts.module.css";
import css from "./compare.module.css";
import { FileOfRuns } from "./FileOfRuns";
import { Legend } from "./Legend";
import { MergedTree } from "./MergedTree";
import type { ComparedRun } from "./run";
import { useFolder } from "./useFolder";

export default function ArtifactsTab({ runs }: { runs: readonly ComparedRun[] }) {
  const [params, setParams] = useSearchParams();
  const selected = params.get("file") ?? "";
  const onlyDifferent = params.get("differ") === "1";
  function route(path: string): string {
    const next = new URLSearchParams(params);
    next.set("file", path);
    return `/compare?${next}`;
  }
  function toggle() {
    setParams(
      (current) => {
        const next = new URLSearchParams(current);
        if (onlyDifferent) next.delete("differ");
        else next.set("differ", "1");
        return next;
      },
      { replace: true },
    );
  }
  return (
    <div className={css.tab}>
      <div className={css.tools}>
        <Button
          aria-pressed={onlyDifferent}
          disabled={runs.length < 2}
          title="Leaves out files that all runs have with the same bytes"
          onClick={toggle}
        >
          Differences only
        </Button>
        <Legend runs={runs} />
      </div>
      <div className={files.split}>
        <nav className={`${panel.frame} ${files.tree}`} aria-label="Artifacts of all runs">
          <MergedTree
            // Other runs: other folders, which open anew.
            key={runs.map(({ detail }) => detail.run.run_id).join()}
            runs={runs}
            selected={selected}
            onlyDifferent={onlyDifferent}
            route={route}
          />
        </nav>
        <div className={files.preview}>
          {selected === "" ? (
            <EmptyState title="Choose a file">
              It is shown for each of the runs that have it.
            </EmptyState>
          ) : (
            <Chosen key={selected} runs={runs} path={selected} />
          )}
        </div>
      </div>
    </div>
  );
}

function Chosen({ runs, path }: { runs: readonly ComparedRun[]; path: string }) {
  const ids = runs.map(({ detail }) => detail.run.run_id);
  const { merged, error, retry } = useFolder(ids, folderOf(path), undefined);
  if (error) return <ErrorBox what={`${path} could not be found`} error={error} retry={retry} />;
  if (!merged) return <Skeleton label="Loading the file" />;
  const file = merged.find((one) => !one.isDir && one.path === path);
  if (!file)
    return <EmptyState title="There is no such file">None of the runs has “{path}”.</EmptyState>;
  return <FileOfRuns runs={runs} file={file} />;
}
