// Settings of this browser: theme, density, time zone, shortcuts; and the address that clients need.

import { useId } from "react";
import { serverAddress } from "../../api/client";
import { usePage } from "../../app/page";
import { ShortcutList } from "../../app/ShortcutList";
import { setPreferences, usePreferences } from "../../app/theme";
import { Segmented } from "../../parts/Button";
import { Copy } from "../../parts/Copy";
import { formatDateTime } from "../../parts/format";
import panel from "../../parts/Panel.module.css";
import { useClockText } from "../../parts/Time";
import { LOCAL, localName } from "../../parts/zone";
import css from "./SettingsPage.module.css";

/** The zones that the browser knows, by continent or ocean. */
const regions = regionsOf(
  typeof Intl.supportedValuesOf === "function" ? Intl.supportedValuesOf("timeZone") : [],
);

function regionsOf(names: readonly string[]): [region: string, names: string[]][] {
  const regions = new Map<string, string[]>();
  for (const name of names) {
    const [region = "", ...rest] = name.split("/");
    if (rest.length > 0) regions.set(region, [...(regions.get(region) ?? []), name]);
  }
  return [...regions];
}

/** The present time as it is shown everywhere. */
function ClockNow() {
  return useClockText((now) => formatDateTime(now));
}

export default function SettingsPage() {
  const zone = useId();
  usePage("Settings", [{ label: "Settings" }]);
  const preferences = usePreferences();
  const address = serverAddress();
  return (
    <div className={css.page}>
      <h1>Settings</h1>
      <section className={`${panel.card} ${css.card}`}>
        <h2>Appearance</h2>
        <div className={css.row}>
          <span>Theme</span>
          <Segmented
            label="Theme"
            value={preferences.theme}
            options={[
              { value: "system", label: "System" },
              { value: "light", label: "Light" },
              { value: "dark", label: "Dark" },
            ]}
            onChange={(theme) => setPreferences({ theme })}
          />
        </div>
        <div className={css.row}>
          <span>Table rows</span>
          <Segmented
            label="Table rows"
            value={preferences.density}
            options={[
              { value: "compact", label: "Compact" },
              { value: "normal", label: "Normal" },
              { value: "cosy", label: "Cosy" },
            ]}
            onChange={(density) => setPreferences({ density })}
          />
        </div>
        <div className={css.row}>
          <label htmlFor={zone}>Time zone</label>
          <select
            id={zone}
            className={css.zone}
            value={preferences.zone}
            onChange={(event) => setPreferences({ zone: event.target.value })}
          >
            <option value={LOCAL}>This computer's: {localName()}</option>
            <option value="UTC">UTC</option>
            {regions.map(([region, names]) => (
              <optgroup key={region} label={region}>
                {names.map((name) => (
                  <option key={name} value={name}>
                    {name}
                  </option>
                ))}
              </optgroup>
            ))}
          </select>
          <output className="muted mono" htmlFor={zone}>
            <ClockNow />
          </output>
        </div>
        <p className="muted small">
          Kept in this browser. Files with times, such as CSV, have them in UTC whatever is chosen.
        </p>
      </section>
      <section className={`${panel.card} ${css.card}`}>
        <h2>Keyboard</h2>
        <label className={css.check}>
          <input
            type="checkbox"
            checked={preferences.shortcuts}
            onChange={(event) => setPreferences({ shortcuts: event.target.checked })}
          />
          Single-key shortcuts
        </label>
        <ShortcutList />
      </section>
      <section className={`${panel.card} ${css.card}`}>
        <h2>Address for clients</h2>
        <div className={css.row}>
          <code className="mono">{address}</code>
          <Copy text={address} label="Copy" kind="normal" />
        </div>
      </section>
    </div>
  );
}
