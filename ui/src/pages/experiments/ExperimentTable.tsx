// The table of experiments, with a row for each folder of them.

import { Link } from "wouter";
import type { Experiment } from "../../api/contract";
import { Button } from "../../parts/Button";
import { Chip } from "../../parts/Chip";
import { formatCount } from "../../parts/format";
import { Icon } from "../../parts/Icon";
import panel from "../../parts/Panel.module.css";
import { Time } from "../../parts/Time";
import { visibleTags } from "../../parts/tags";
import { DayBars } from "./DayBars";
import css from "./ExperimentsPage.module.css";
import type { Totals, TreeRow } from "./folders";
import type { SortKey } from "./list";

interface Sort {
  key: SortKey;
  descending: boolean;
}

function Head({
  name,
  label,
  sort,
  onSort,
  className,
}: {
  name: SortKey;
  label: string;
  sort: Sort;
  onSort: (key: SortKey) => void;
  className?: string | undefined;
}) {
  const active = sort.key === name;
  const order = sort.descending ? "descending" : "ascending";
  return (
    <th scope="col" className={className} aria-sort={active ? order : undefined}>
      <button type="button" className={css.sort} onClick={() => onSort(name)}>
        {label}
        {active && <Icon name={sort.descending ? "down" : "up"} size={12} />}
      </button>
    </th>
  );
}

/** A count; zero is there but does not shout. */
function Count({ value, tone }: { value: number; tone?: string | undefined }) {
  return <span className={value === 0 ? css.zero : tone}>{formatCount(value)}</span>;
}

/** The cells from the counts to the owner, the same for an experiment and a folder. */
function TotalCells({ totals }: { totals: Totals }) {
  return (
    <>
      <td className={css.num}>
        <Count value={totals.runs} />
      </td>
      <td className={css.num}>
        <Count value={totals.running} tone={css.running} />
      </td>
      <td className={`${css.num} ${css.wide}`}>
        <Count value={totals.failed_24h} tone={css.failed} />
      </td>
      <td>
        {totals.last_activity === null ? (
          <span className="muted">—</span>
        ) : (
          <Time at={totals.last_activity} />
        )}
      </td>
      <td className={css.wide}>
        <DayBars days={totals.days} />
      </td>
      <td className={`${css.wide} ${css.owner}`} title={totals.owner}>
        {totals.owner || <span className="muted">—</span>}
      </td>
    </>
  );
}

interface Actions {
  onRename: (experiment: Experiment) => void;
  onDelete: (experiment: Experiment) => void;
  onRestore: (experiment: Experiment) => void;
  onPurge: (experiment: Experiment) => void;
}

function RowActions({ one, actions }: { one: Experiment; actions: Actions }) {
  if (one.lifecycle_stage === "deleted")
    return (
      <>
        <Button size="small" onClick={() => actions.onRestore(one)}>
          <Icon name="restore" size={14} /> Restore
        </Button>{" "}
        <Button
          size="small"
          kind="danger"
          aria-label={`Purge ${one.name}…`}
          onClick={() => actions.onPurge(one)}
        >
          Purge…
        </Button>
      </>
    );
  return (
    <>
      <Button
        kind="quiet"
        size="small"
        aria-label={`Rename ${one.name}`}
        title="Rename"
        onClick={() => actions.onRename(one)}
      >
        <Icon name="pencil" size={14} />
      </Button>
      <Button
        kind="quiet"
        size="small"
        aria-label={`Delete ${one.name}`}
        title="Delete"
        onClick={() => actions.onDelete(one)}
      >
        <Icon name="trash" size={14} />
      </Button>
    </>
  );
}

/** How far a row stands to the right, by its depth in the tree. */
const indent = (depth: number) => (depth === 0 ? undefined : { paddingLeft: 12 + depth * 20 });

export function ExperimentTable({
  rows,
  dimmed,
  sort,
  onSort,
  onFolder,
  actions,
}: {
  rows: TreeRow[];
  dimmed: boolean;
  sort: Sort;
  onSort: (key: SortKey) => void;
  /** Opens a folder, or closes it. */
  onFolder: (path: string) => void;
  actions: Actions;
}) {
  const head = (name: SortKey, label: string, className?: string) => (
    <Head name={name} label={label} sort={sort} onSort={onSort} className={className} />
  );
  return (
    <div className={`${panel.frame} ${css.frame}`} aria-busy={dimmed}>
      <table className={css.table}>
        <caption className="visually-hidden">Experiments</caption>
        <thead>
          <tr>
            {head("name", "Name")}
            <th scope="col" className={css.wide}>
              Tags
            </th>
            {head("runs", "Runs", css.num)}
            {head("running", "Running", css.num)}
            {head("failed", "Failed 24 h", `${css.num} ${css.wide}`)}
            {head("activity", "Last activity")}
            <th scope="col" className={css.wide}>
              14 days
            </th>
            {head("owner", "Owner", css.wide)}
            {head("created", "Created", css.wide)}
            <th scope="col">
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) =>
            row.kind === "folder" ? (
              <tr key={row.path} className={css.folder}>
                <td className={css.name} style={indent(row.depth)}>
                  <button
                    type="button"
                    className={css.toggle}
                    aria-expanded={row.open}
                    onClick={() => onFolder(row.path)}
                  >
                    <span className={css.turn} data-open={row.open || undefined}>
                      <Icon name="right" size={12} />
                    </span>
                    <Icon name="folder" size={14} />
                    {row.label}
                  </button>{" "}
                  <span className="muted small">{formatCount(row.count)}</span>
                </td>
                <td className={css.wide} />
                <TotalCells totals={row.totals} />
                <td className={css.wide} />
                <td />
              </tr>
            ) : (
              <tr key={row.one.experiment_id}>
                <td className={css.name} style={indent(row.depth)}>
                  <Link
                    href={`/experiments/${encodeURIComponent(row.one.experiment_id)}`}
                    title={row.one.name}
                  >
                    {row.label}
                  </Link>
                </td>
                <td className={css.wide}>
                  <span className={css.tags}>
                    {visibleTags(row.one)
                      .slice(0, 3)
                      .map(([key, value]) => (
                        <Chip key={key} title={`${key}: ${value}`}>
                          {key}: {value}
                        </Chip>
                      ))}
                  </span>
                </td>
                <TotalCells totals={row.totals} />
                <td className={css.wide}>
                  <Time at={row.one.created} />
                </td>
                <td className={css.actions}>
                  <RowActions one={row.one} actions={actions} />
                </td>
              </tr>
            ),
          )}
        </tbody>
      </table>
    </div>
  );
}
