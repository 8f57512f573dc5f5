// Which columns are shown, in what order, and which stay in place. Opens from the Columns button.
import { Popover, PopoverDisclosure, PopoverProvider, usePopoverStore } from "@ariakit/react";
import { useMemo, useState } from "react";
import type { FieldCount, Fields } from "../../api/contract";
import { useNarrow } from "../../app/narrow";
import { Button, buttonClass } from "../../parts/Button";
import { formatCount } from "../../parts/format";
import { Icon } from "../../parts/Icon";
import css from "./ColumnChooser.module.css";
import { columnLabel, columnTitle, moved } from "./columns";
import { builtIn, type ColumnId } from "./url-state";

/** Long lists are cut; the search finds the rest. */
const SHOWN_PER_GROUP = 60;

interface Props {
  fields: Fields | undefined;
  shown: ColumnId[];
  pinned: ColumnId[];
  isDefault: boolean;
  onChange: (columns: ColumnId[], pinned: ColumnId[]) => void;
  onReset: () => void;
}

function Shown({ shown, pinned, onChange }: Pick<Props, "shown" | "pinned" | "onChange">) {
  return (
    <fieldset className={css.group}>
      <legend>Shown</legend>
      {shown.map((id, index) => {
        const fixed = id === "name";
        const isPinned = pinned.includes(id);
        const label = columnTitle(id);
        return (
          <div key={id} className={css.shown}>
            <span className={css.label} title={label}>
              {columnLabel(id)}
            </span>
            {!fixed && (
              <>
                <Button
                  kind="quiet"
                  size="small"
                  aria-label={`Move ${label} up`}
                  title="Move up"
                  disabled={index <= 1}
                  onClick={() => onChange(moved(shown, id, -1), pinned)}
                >
                  <Icon name="up" size={12} />
                </Button>
                <Button
                  kind="quiet"
                  size="small"
                  aria-label={`Move ${label} down`}
                  title="Move down"
                  disabled={index === shown.length - 1}
                  onClick={() => onChange(moved(shown, id, 1), pinned)}
                >
                  <Icon name="down" size={12} />
                </Button>
                <Button
                  kind="quiet"
                  size="small"
                  aria-label={`Pin ${label}`}
                  title="Keep in place when scrolling sideways"
                  aria-pressed={isPinned}
                  onClick={() =>
                    onChange(shown, isPinned ? pinned.filter((one) => one !== id) : [...pinned, id])
                  }
                >
                  <Icon name="pin" size={12} />
                </Button>
                <Button
                  kind="quiet"
                  size="small"
                  aria-label={`Hide ${label}`}
                  title="Hide"
                  onClick={() =>
                    onChange(
                      shown.filter((one) => one !== id),
                      pinned.filter((one) => one !== id),
                    )
                  }
                >
                  <Icon name="close" size={12} />
                </Button>
              </>
            )}
          </div>
        );
      })}
    </fieldset>
  );
}

function Group({
  title,
  ids,
  counts,
  shown,
  onToggle,
}: {
  title: string;
  ids: ColumnId[];
  counts?: Map<ColumnId, number>;
  shown: ReadonlySet<ColumnId>;
  onToggle: (id: ColumnId) => void;
}) {
  if (ids.length === 0) return null;
  const cut = ids.slice(0, SHOWN_PER_GROUP);
  return (
    <fieldset className={css.group}>
      <legend>
        {title} <span className="muted">{formatCount(ids.length)}</span>
      </legend>
      {cut.map((id) => (
        <label key={id} className={css.choice}>
          <input
            type="checkbox"
            checked={shown.has(id)}
            disabled={id === "name"}
            onChange={() => onToggle(id)}
          />
          <span className={css.label} title={columnLabel(id)}>
            {columnLabel(id)}
          </span>
          {counts && (
            <span className={css.count} title="Runs that have it">
              {formatCount(counts.get(id) ?? 0)}
            </span>
          )}
        </label>
      ))}
      {ids.length > cut.length && (
        <p className="muted small">
          {formatCount(ids.length - cut.length)} more: search to find them
        </p>
      )}
    </fieldset>
  );
}

function Choices({ fields, shown, pinned, isDefault, onChange, onReset }: Props) {
  const [search, setSearch] = useState("");
  const chosen = useMemo(() => new Set(shown), [shown]);
  const wanted = search.trim().toLowerCase();
  const group = (prefix: string, list: FieldCount[] | undefined) => {
    const hits = (list ?? [])
      .filter((field) => field.key.toLowerCase().includes(wanted))
      .sort((a, b) => b.runs - a.runs || a.key.localeCompare(b.key));
    return {
      ids: hits.map((field) => `${prefix}.${field.key}`),
      counts: new Map(hits.map((field) => [`${prefix}.${field.key}`, field.runs])),
    };
  };
  const toggle = (id: ColumnId) =>
    onChange(
      chosen.has(id) ? shown.filter((one) => one !== id) : [...shown, id],
      pinned.filter((one) => one !== id),
    );
  const own = builtIn.filter((id) => columnLabel(id).toLowerCase().includes(wanted));
  return (
    <>
      <div className={css.top}>
        <input
          type="search"
          aria-label="Search columns"
          placeholder="Search columns"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
        <Button size="small" disabled={isDefault} onClick={onReset}>
          Reset
        </Button>
      </div>
      <div className={css.list}>
        {wanted === "" && <Shown shown={shown} pinned={pinned} onChange={onChange} />}
        <Group title="Attributes" ids={[...own]} shown={chosen} onToggle={toggle} />
        <Group
          title="Metrics"
          {...group("metrics", fields?.metrics)}
          shown={chosen}
          onToggle={toggle}
        />
        <Group
          title="Curves of metrics"
          {...group("spark", fields?.metrics)}
          shown={chosen}
          onToggle={toggle}
        />
        <Group
          title="Parameters"
          {...group("params", fields?.params)}
          shown={chosen}
          onToggle={toggle}
        />
        <Group title="Tags" {...group("tags", fields?.tags)} shown={chosen} onToggle={toggle} />
      </div>
    </>
  );
}

export function ColumnChooser(props: Props) {
  const narrow = useNarrow();
  const store = usePopoverStore({ placement: "bottom-end" });
  const fields = props.fields;
  const all = fields
    ? builtIn.length + 2 * fields.metrics.length + fields.params.length + fields.tags.length
    : undefined;
  return (
    <PopoverProvider store={store}>
      <PopoverDisclosure className={buttonClass()}>
        <Icon name="columns" size={14} /> Columns {formatCount(props.shown.length)}
        {all !== undefined && !narrow && `/${formatCount(all)}`}
      </PopoverDisclosure>
      <Popover
        gutter={4}
        portal
        unmountOnHide
        className={css.popover}
        aria-label="Columns"
        overflowPadding={8}
      >
        <Choices {...props} />
      </Popover>
    </PopoverProvider>
  );
}
