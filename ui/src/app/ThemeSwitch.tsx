// The menu for the theme: as the system has it, light or dark.
import { Menu, MenuButton, MenuItemRadio, MenuProvider } from "@ariakit/react";
import { buttonClass } from "../parts/Button";
import { Icon, type IconName } from "../parts/Icon";
import css from "./ThemeSwitch.module.css";
import { setPreferences, type Theme, usePreferences } from "./theme";

const themes: { value: Theme; label: string; icon: IconName }[] = [
  { value: "system", label: "System", icon: "system" },
  { value: "light", label: "Light", icon: "sun" },
  { value: "dark", label: "Dark", icon: "moon" },
];

export function ThemeSwitch() {
  const { theme } = usePreferences();
  const current = themes.find((one) => one.value === theme);
  return (
    <MenuProvider
      placement="bottom-end"
      values={{ theme }}
      setValues={(values) => setPreferences({ theme: values.theme as Theme })}
    >
      <MenuButton
        className={buttonClass({}, css.button)}
        aria-label={`Theme: ${current?.label}`}
        title="Theme"
      >
        <Icon name={current?.icon ?? "system"} />
      </MenuButton>
      <Menu gutter={4} className={css.menu} unmountOnHide>
        {themes.map((one) => (
          <MenuItemRadio
            key={one.value}
            name="theme"
            value={one.value}
            className={css.item}
            hideOnClick
          >
            <Icon name={one.icon} />
            {one.label}
          </MenuItemRadio>
        ))}
      </Menu>
    </MenuProvider>
  );
}
