// A "more" button with a menu of actions.
import { Menu, MenuButton, MenuItem, MenuProvider } from "@ariakit/react";
import css from "./ActionMenu.module.css";
import { buttonClass } from "./Button";
import { Icon } from "./Icon";

export interface Action {
  label: string;
  run: () => void;
  disabled?: boolean;
  danger?: boolean;
}

export function ActionMenu({
  label,
  items,
  size = "small",
}: {
  label: string;
  items: readonly Action[];
  size?: "normal" | "small";
}) {
  return (
    <MenuProvider placement="bottom-end">
      <MenuButton className={buttonClass({ kind: "quiet", size })} aria-label={label}>
        <Icon name="more" />
      </MenuButton>
      <Menu gutter={4} className={css.menu}>
        {items.map((item) => (
          <MenuItem
            key={item.label}
            className={item.danger ? `${css.item} ${css.danger}` : css.item}
            disabled={item.disabled ?? false}
            onClick={item.run}
          >
            {item.label}
          </MenuItem>
        ))}
      </Menu>
    </MenuProvider>
  );
}
