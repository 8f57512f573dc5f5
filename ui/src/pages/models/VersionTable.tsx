// The versions of a registered model or prompt, the newest first.
import { Link } from "wouter";
import type { ModelAlias, ModelVersion } from "../../api/models";
import { Chip } from "../../parts/Chip";
import table from "../../parts/DataTable.module.css";
import { Signal } from "../../parts/Status";
import { TableFrame } from "../../parts/TableFrame";
import { Time } from "../../parts/Time";
import { versionRoute } from "./address";
import { ownTags, statusLook } from "./logged";
import css from "./models.module.css";
import { AliasChip } from "./parts";
import { RunName, useRunNames } from "./RunName";
import { StageMark } from "./Stage";

const TAGS = 3;

export function VersionTable({
  versions,
  aliases,
  prompt,
}: {
  versions: readonly ModelVersion[];
  /** Of the model: lists of versions come without. */
  aliases: readonly ModelAlias[];
  prompt: boolean;
}) {
  const names = useRunNames(prompt ? [] : versions.map((one) => one.run_id));
  return (
    <TableFrame label="Table of versions">
      <table className={`${table.table} ${css.table}`}>
        <thead>
          <tr>
            <th scope="col">Version</th>
            <th scope="col">Aliases</th>
            {!prompt && <th scope="col">Stage</th>}
            {!prompt && <th scope="col">Source run</th>}
            <th scope="col">Created</th>
            <th scope="col">Tags</th>
            <th scope="col">{prompt ? "Message" : "Description"}</th>
          </tr>
        </thead>
        <tbody>
          {versions.map((one) => (
            <Row
              key={one.version}
              version={one}
              aliases={aliases.filter((alias) => alias.version === one.version)}
              prompt={prompt}
              names={names}
            />
          ))}
        </tbody>
      </table>
    </TableFrame>
  );
}

function Row({
  version,
  aliases,
  prompt,
  names,
}: {
  version: ModelVersion;
  aliases: readonly ModelAlias[];
  prompt: boolean;
  names: Map<string, string>;
}) {
  const look = statusLook(version.status);
  const tags = ownTags(version.tags);
  return (
    <tr>
      <th scope="row">
        <Link href={versionRoute(version.name, version.version)}>Version {version.version}</Link>{" "}
        {look.tone !== "ok" && <Signal tone={look.tone}>{look.word}</Signal>}
      </th>
      <td>
        <span className={css.lined}>
          {aliases.map((one) => (
            <AliasChip key={one.alias} alias={one.alias} />
          ))}
        </span>
      </td>
      {!prompt && (
        <td>
          <StageMark stage={version.current_stage} />
        </td>
      )}
      {!prompt && (
        <td>
          <RunName id={version.run_id} names={names} />
        </td>
      )}
      <td>
        <Time at={version.creation_timestamp} />
      </td>
      <td>
        <span className={css.lined}>
          {tags.slice(0, TAGS).map(([key, value]) => (
            <Chip key={key} title={`${key}: ${value}`}>
              {key}: {value}
            </Chip>
          ))}
          {tags.length > TAGS && <span className="muted small">+{tags.length - TAGS}</span>}
        </span>
      </td>
      <td className={css.oneLine} title={version.description}>
        {version.description}
      </td>
    </tr>
  );
}
