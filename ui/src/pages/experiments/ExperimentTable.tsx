// The table of experiments.
import { Link } from "wouter";
import type { Experiment } from "../../api/contract";
import { Button } from "../../parts/Button";
import { Chip } from "../../parts/Chip";
import { formatCount } from "../../parts/format";
import { Icon } from "../../parts/Icon";
import { Time } from "../../parts/Time";
import css from "./ExperimentsPage.module.css";
import { type SortKey, visibleTags } from "./list";

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

export function ExperimentTable({
  experiments,
  dimmed,
  sort,
  onSort,
  onRename,
  onDelete,
  onRestore,
}: {
  experiments: Experiment[];
  dimmed: boolean;
  sort: Sort;
  onSort: (key: SortKey) => void;
  onRename: (experiment: Experiment) => void;
  onDelete: (experiment: Experiment) => void;
  onRestore: (experiment: Experiment) => void;
}) {
  return (
    <div className={css.frame} aria-busy={dimmed}>
      <table className={css.table}>
        <caption className="visually-hidden">Experiments</caption>
        <thead>
          <tr>
            <Head name="name" label="Name" sort={sort} onSort={onSort} />
            <th scope="col" className={css.wide}>
              Tags
            </th>
            <Head name="runs" label="Runs" sort={sort} onSort={onSort} className={css.num} />
            <Head name="running" label="Running" sort={sort} onSort={onSort} className={css.num} />
            <Head
              name="failed"
              label="Failed 24 h"
              sort={sort}
              onSort={onSort}
              className={`${css.num} ${css.wide}`}
            />
            <Head name="activity" label="Last activity" sort={sort} onSort={onSort} />
            <Head name="created" label="Created" sort={sort} onSort={onSort} className={css.wide} />
            <th scope="col">
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {experiments.map((one) => (
            <tr key={one.experiment_id}>
              <td className={css.name}>
                <Link href={`/experiments/${encodeURIComponent(one.experiment_id)}`}>
                  {one.name}
                </Link>
              </td>
              <td className={css.wide}>
                <span className={css.tags}>
                  {visibleTags(one)
                    .slice(0, 3)
                    .map(([key, value]) => (
                      <Chip key={key} title={`${key}: ${value}`}>
                        {key}: {value}
                      </Chip>
                    ))}
                </span>
              </td>
              <td className={css.num}>
                <Count value={one.runs} />
              </td>
              <td className={css.num}>
                <Count value={one.running} tone={css.running} />
              </td>
              <td className={`${css.num} ${css.wide}`}>
                <Count value={one.failed_24h} tone={css.failed} />
              </td>
              <td>
                {one.last_activity === null ? (
                  <span className="muted">—</span>
                ) : (
                  <Time at={one.last_activity} />
                )}
              </td>
              <td className={css.wide}>
                <Time at={one.created} />
              </td>
              <td className={css.actions}>
                {one.lifecycle_stage === "active" ? (
                  <>
                    <Button
                      kind="quiet"
                      size="small"
                      aria-label={`Rename ${one.name}`}
                      title="Rename"
                      onClick={() => onRename(one)}
                    >
                      <Icon name="pencil" size={14} />
                    </Button>
                    <Button
                      kind="quiet"
                      size="small"
                      aria-label={`Delete ${one.name}`}
                      title="Delete"
                      onClick={() => onDelete(one)}
                    >
                      <Icon name="trash" size={14} />
                    </Button>
                  </>
                ) : (
                  <Button size="small" onClick={() => onRestore(one)}>
                    <Icon name="restore" size={14} /> Restore
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
