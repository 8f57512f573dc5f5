// By what the runs are grouped. Opens from the button "Group by".
import { Popover, PopoverDisclosure, PopoverProvider, usePopoverStore } from "@ariakit/react";
import { useState } from "react";
import type { FieldCount, Fields } from "../../api/contract";
import { Button, buttonClass } from "../../parts/Button";
import { formatCount } from "../../parts/format";
import { isVisibleTag } from "../../parts/tags";
import css from "./ColumnChooser.module.css";
import { columnLabel } from "./columns";
import { type ColumnId, MOST_GROUP_COLUMNS } from "./url-state";

/** Long lists are cut; the search finds the rest. */
const SHOWN = 60;

function Choices({
  fields,
  group,
  onChange,
}: {
  fields: Fields | undefined;
  group: ColumnId[];
  onChange: (group: ColumnId[]) => void;
}) {
  const [search, setSearch] = useState("");
  const wanted = search.trim().toLowerCase();
  const keyed = (prefix: string, list: FieldCount[]) =>
    [...list]
      .sort((a, b) => b.runs - a.runs || a.key.localeCompare(b.key))
      .map(({ key, runs }) => ({ id: `${prefix}.${key}`, runs }));
  const sections: { title: string; choices: { id: ColumnId; runs?: number }[] }[] = [
    { title: "Attributes", choices: [{ id: "status" }, { id: "user" }] },
    { title: "Parameters", choices: keyed("params", fields?.params ?? []) },
    {
      title: "Tags",
      choices: keyed(
        "tags",
        (fields?.tags ?? []).filter((tag) => isVisibleTag(tag.key)),
      ),
    },
  ];
  return (
    <>
      <div className={css.top}>
        <input
          type="search"
          aria-label="Search what to group by"
          placeholder="Search"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
        <Button size="small" disabled={group.length === 0} onClick={() => onChange([])}>
          No groups
        </Button>
      </div>
      <div className={css.list}>
        {sections.map(({ title, choices }) => {
          const hits = choices.filter(({ id }) => columnLabel(id).toLowerCase().includes(wanted));
          if (hits.length === 0) return null;
          return (
            <fieldset key={title} className={css.group}>
              <legend>{title}</legend>
              {hits.slice(0, SHOWN).map(({ id, runs }) => {
                const chosen = group.includes(id);
                return (
                  <label key={id} className={css.choice}>
                    <input
                      type="checkbox"
                      checked={chosen}
                      disabled={!chosen && group.length >= MOST_GROUP_COLUMNS}
                      onChange={() =>
                        onChange(chosen ? group.filter((one) => one !== id) : [...group, id])
                      }
                    />
                    <span className={css.label} title={columnLabel(id)}>
                      {columnLabel(id)}
                    </span>
                    {runs !== undefined && (
                      <span className={css.count} title="Runs that have it">
                        {formatCount(runs)}
                      </span>
                    )}
                  </label>
                );
              })}
              {hits.length > SHOWN && (
                <p className="muted small">
                  {formatCount(hits.length - SHOWN)} more: search to find them
                </p>
              )}
            </fieldset>
          );
        })}
      </div>
    </>
  );
}

export function GroupByButton(props: {
  fields: Fields | undefined;
  group: ColumnId[];
  onChange: (group: ColumnId[]) => void;
}) {
  const store = usePopoverStore({ placement: "bottom-end" });
  const { group } = props;
  return (
    <PopoverProvider store={store}>
      <PopoverDisclosure className={buttonClass({}, group.length > 0 ? css.on : undefined)}>
        Group by{group.length > 0 && `: ${group.map(columnLabel).join(", ")}`} ▾
      </PopoverDisclosure>
      <Popover
        gutter={4}
        portal
        unmountOnHide
        className={css.popover}
        aria-label="Group by"
        overflowPadding={8}
      >
        <Choices {...props} />
      </Popover>
    </PopoverProvider>
  );
}
