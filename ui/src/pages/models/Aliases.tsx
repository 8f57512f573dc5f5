// The aliases of a model, or those of one of its versions. An alias names one version; setting it on
// another moves it.
import { useState } from "react";
import { Link } from "wouter";
import { errorText } from "../../api/client";
import { type ModelAlias, models } from "../../api/models";
import { byName } from "../../charts/metrics";
import { Button } from "../../parts/Button";
import { Dialog, DialogActions } from "../../parts/Dialog";
import { Icon } from "../../parts/Icon";
import { toast } from "../../parts/Toast";
import { versionRoute } from "./address";
import { Refusal, useSubmit } from "./dialogs";
import css from "./models.module.css";
import { AliasChip, Section } from "./parts";
import { useRegistryRefresh } from "./queries";

export function Aliases({
  name,
  aliases,
  version,
  choices = [],
}: {
  name: string;
  /** Of the whole model. */
  aliases: readonly ModelAlias[];
  /** Only those of this version are listed, and new ones are set on it. */
  version?: string;
  /** The versions to choose from, where none is given. */
  choices?: readonly string[];
}) {
  const refresh = useRegistryRefresh();
  const [adding, setAdding] = useState(false);
  const shown = aliases
    .filter((one) => version === undefined || one.version === version)
    .sort((a, b) => byName(a.alias, b.alias));

  async function change(act: () => Promise<unknown>, done: string, undo?: () => void) {
    try {
      await act();
      toast({ message: done, ...(undo && { action: { label: "Undo", run: undo } }) });
    } catch (error) {
      toast({ message: `The alias was not changed: ${errorText(error)}`, tone: "bad" });
    }
    await refresh();
  }
  const remove = ({ alias, version: of }: ModelAlias) =>
    change(
      () => models.deleteAlias(name, alias),
      `Removed the alias ${alias}`,
      () => void change(() => models.setAlias(name, alias, of), `The alias ${alias} is back`),
    );

  return (
    <Section
      title="Aliases"
      count={shown.length}
      head={
        (version !== undefined || choices.length > 0) && (
          <Button
            size="small"
            kind="quiet"
            aria-label="Add an alias"
            onClick={() => setAdding(true)}
          >
            <Icon name="plus" size={12} /> Add
          </Button>
        )
      }
    >
      {shown.length === 0 ? (
        <p className="muted">No alias was set.</p>
      ) : (
        <ul className={css.rows}>
          {shown.map((one) => (
            <li key={one.alias}>
              <AliasChip alias={one.alias} />
              {version === undefined && (
                <Link href={versionRoute(name, one.version)}>Version {one.version}</Link>
              )}
              <Button
                size="small"
                kind="quiet"
                aria-label={`Remove the alias ${one.alias}`}
                title="Remove"
                onClick={() => void remove(one)}
              >
                <Icon name="trash" size={14} />
              </Button>
            </li>
          ))}
        </ul>
      )}
      {adding && (
        <AliasDialog
          aliases={aliases}
          choices={version === undefined ? choices : [version]}
          save={async (alias, of) => {
            await models.setAlias(name, alias, of);
            await refresh();
            setAdding(false);
          }}
          onClose={() => setAdding(false)}
        />
      )}
    </Section>
  );
}

function AliasDialog({
  aliases,
  choices,
  save,
  onClose,
}: {
  aliases: readonly ModelAlias[];
  choices: readonly string[];
  save: (alias: string, version: string) => Promise<void>;
  onClose: () => void;
}) {
  const [alias, setAlias] = useState("");
  const [version, setVersion] = useState(choices[0] ?? "");
  const { submit, busy, error } = useSubmit(() => save(alias.trim(), version));
  const moves = aliases.find((one) => one.alias === alias.trim() && one.version !== version);
  return (
    <Dialog title="Add an alias" onClose={onClose}>
      <form className={css.form} onSubmit={submit}>
        <label className={css.field}>
          Alias
          <input
            type="text"
            value={alias}
            maxLength={255}
            placeholder="champion"
            autoComplete="off"
            spellCheck={false}
            required
            onChange={(event) => setAlias(event.target.value)}
          />
        </label>
        {choices.length > 1 && (
          <label className={css.field}>
            Version
            <select value={version} onChange={(event) => setVersion(event.target.value)}>
              {choices.map((one) => (
                <option key={one} value={one}>
                  Version {one}
                </option>
              ))}
            </select>
          </label>
        )}
        {moves && (
          <p className="muted" role="status">
            It moves here from version {moves.version}.
          </p>
        )}
        <Refusal error={error} />
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={busy || alias.trim() === ""}>
            Set
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
