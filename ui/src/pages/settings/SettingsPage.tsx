// Settings of this browser: theme, density, shortcuts; and the address that clients need.

import { serverAddress } from "../../api/client";
import { usePage } from "../../app/page";
import { ShortcutList } from "../../app/ShortcutList";
import { setPreferences, usePreferences } from "../../app/theme";
import { Segmented } from "../../parts/Button";
import { Copy } from "../../parts/Copy";
import panel from "../../parts/Panel.module.css";
import css from "./SettingsPage.module.css";

export default function SettingsPage() {
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
        <p className="muted small">Kept in this browser. Times are in this computer's time zone.</p>
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
