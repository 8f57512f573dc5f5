// What can be done with a column: which value of a metric it shows, which way is better, grouping,
// hiding.
import {
  Menu,
  MenuButton,
  MenuGroup,
  MenuGroupLabel,
  MenuItem,
  MenuItemRadio,
  MenuProvider,
} from "@ariakit/react";
import menu from "../../parts/ActionMenu.module.css";
import { Icon } from "../../parts/Icon";
import css from "./ColumnMenu.module.css";
import { type Column, columnTitle } from "./columns";
import { type Aggregate, metricColumn } from "./metric-column";
import { canGroup, type Goal } from "./url-state";

export interface ColumnActions {
  goalOf: (key: string) => Goal | undefined;
  setGoal: (key: string, goal: Goal | undefined) => void;
  show: (column: Column, of: Aggregate) => void;
  groupBy: (column: Column) => void;
  hide: (column: Column) => void;
}

const aggregates: { value: Aggregate; label: string }[] = [
  { value: "last", label: "Last value" },
  { value: "min", label: "Least value" },
  { value: "max", label: "Greatest value" },
  { value: "best", label: "Best value" },
];

const goals: { value: Goal | "none"; label: string }[] = [
  { value: "max", label: "Higher is better" },
  { value: "min", label: "Lower is better" },
  { value: "none", label: "Neither" },
];

function Choice<T extends string>({
  title,
  value,
  options,
  onChange,
}: {
  title: string;
  value: T;
  options: { value: T; label: string; disabled?: boolean }[];
  onChange: (value: T) => void;
}) {
  return (
    <MenuGroup className={css.group}>
      <MenuGroupLabel className={css.label}>{title}</MenuGroupLabel>
      {options.map((option) => (
        <MenuItemRadio
          key={option.value}
          name={title}
          value={option.value}
          checked={option.value === value}
          disabled={option.disabled ?? false}
          hideOnClick
          className={menu.item}
          onClick={() => onChange(option.value)}
        >
          <span className={css.tick}>
            {option.value === value && <Icon name="check" size={14} />}
          </span>
          {option.label}
        </MenuItemRadio>
      ))}
    </MenuGroup>
  );
}

export function ColumnMenu({ column, actions }: { column: Column; actions: ColumnActions }) {
  const metric = metricColumn(column.id);
  // The name stays, and has nothing to choose.
  if (column.id === "name") return null;
  const goal = metric && actions.goalOf(metric.key);
  return (
    <MenuProvider placement="bottom-end">
      <MenuButton className={css.button} aria-label={`Column ${columnTitle(column.id)}`}>
        <Icon name="more" size={12} />
      </MenuButton>
      <Menu gutter={4} portal unmountOnHide className={menu.menu}>
        {metric && (
          <>
            <Choice
              title="Shows"
              value={metric.of}
              options={aggregates.map((one) => ({
                ...one,
                disabled: one.value === "best" && goal === undefined,
              }))}
              onChange={(of) => actions.show(column, of)}
            />
            <Choice
              title="Which way is better"
              value={goal ?? "none"}
              options={goals}
              onChange={(next) => actions.setGoal(metric.key, next === "none" ? undefined : next)}
            />
          </>
        )}
        {canGroup(column.id) && (
          <MenuItem className={menu.item} onClick={() => actions.groupBy(column)}>
            Group by {column.label}
          </MenuItem>
        )}
        <MenuItem className={menu.item} onClick={() => actions.hide(column)}>
          Hide the column
        </MenuItem>
      </Menu>
    </MenuProvider>
  );
}
