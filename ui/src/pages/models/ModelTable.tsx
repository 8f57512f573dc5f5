// The table of registered models or prompts.
import { Link } from "wouter";
import type { ModelVersion, RegisteredModel } from "../../api/models";
import { byName } from "../../charts/metrics";
import { Chip } from "../../parts/Chip";
import table from "../../parts/DataTable.module.css";
import { TableFrame } from "../../parts/TableFrame";
import { Time } from "../../parts/Time";
import { modelRoute, versionRoute } from "./address";
import { ownTags } from "./logged";
import css from "./models.module.css";
import { AliasChip } from "./parts";
import { StageMark } from "./Stage";

export interface ListSort {
  key: "name" | "updated";
  descending: boolean;
}

/** The highest of the versions that the list knows, which hold the highest of each stage. */
function newest(model: RegisteredModel): ModelVersion | undefined {
  return [...(model.latest_versions ?? [])].sort(
    (a, b) => Number(b.version) - Number(a.version),
  )[0];
}

const ALIASES = 3;
const TAGS = 3;

export function ModelTable({
  models,
  prompts,
  dimmed,
  sort,
  onSort,
}: {
  models: readonly RegisteredModel[];
  prompts: boolean;
  dimmed: boolean;
  sort: ListSort;
  onSort: (key: ListSort["key"]) => void;
}) {
  const head = (key: ListSort["key"], label: string) => (
    <th
      scope="col"
      aria-sort={sort.key === key ? (sort.descending ? "descending" : "ascending") : "none"}
    >
      <button type="button" onClick={() => onSort(key)}>
        {label}
        {sort.key === key && <span aria-hidden="true">{sort.descending ? "↓" : "↑"}</span>}
      </button>
    </th>
  );
  return (
    <TableFrame label={prompts ? "Prompts" : "Models"} className={dimmed ? css.dimmed : ""}>
      <table className={`${table.table} ${css.table}`} aria-busy={dimmed}>
        <thead>
          <tr>
            {head("name", "Name")}
            <th scope="col">Latest version</th>
            <th scope="col">Aliases</th>
            {!prompts && (
              <th scope="col" className={css.wide}>
                Stages
              </th>
            )}
            <th scope="col" className={css.wide}>
              Tags
            </th>
            {head("updated", "Updated")}
          </tr>
        </thead>
        <tbody>
          {models.map((model) => (
            <Row key={model.name} model={model} prompts={prompts} />
          ))}
        </tbody>
      </table>
    </TableFrame>
  );
}

function Row({ model, prompts }: { model: RegisteredModel; prompts: boolean }) {
  const latest = newest(model);
  const aliases = [...(model.aliases ?? [])].sort((a, b) => byName(a.alias, b.alias));
  const tags = ownTags(model.tags);
  const staged = (model.latest_versions ?? []).filter(
    (one) => one.current_stage === "Production" || one.current_stage === "Staging",
  );
  return (
    <tr>
      <th scope="row" className={css.name} title={model.name}>
        <Link href={modelRoute(model.name)}>{model.name}</Link>
      </th>
      <td>
        {latest ? (
          <Link href={versionRoute(model.name, latest.version)}>Version {latest.version}</Link>
        ) : (
          <span className="muted">None</span>
        )}
      </td>
      <td>
        <span className={css.lined}>
          {aliases.slice(0, ALIASES).map((one) => (
            <Link
              key={one.alias}
              href={versionRoute(model.name, one.version)}
              title={`Version ${one.version}`}
            >
              <AliasChip alias={one.alias} />
            </Link>
          ))}
          <More count={aliases.length - ALIASES} />
        </span>
      </td>
      {!prompts && (
        <td className={css.wide}>
          <span className={css.lined}>
            {staged.map((one) => (
              <span key={one.version} title={`Version ${one.version}`}>
                <StageMark stage={one.current_stage} />
              </span>
            ))}
          </span>
        </td>
      )}
      <td className={css.wide}>
        <span className={css.lined}>
          {tags.slice(0, TAGS).map(([key, value]) => (
            <Chip key={key} title={`${key}: ${value}`}>
              {key}: {value}
            </Chip>
          ))}
          <More count={tags.length - TAGS} />
        </span>
      </td>
      <td>
        <Time at={model.last_updated_timestamp} />
      </td>
    </tr>
  );
}

function More({ count }: { count: number }) {
  return count > 0 && <span className="muted small">+{count}</span>;
}
