// The shortcuts as a table, for the dialog and the settings page.
import { shortcuts } from "./keyboard";
import css from "./ShortcutList.module.css";

export function ShortcutList() {
  return (
    <dl className={css.list}>
      {shortcuts.map((one) => (
        <div key={one.keys}>
          <dt>
            <kbd>{one.keys}</kbd>
          </dt>
          <dd>{one.what}</dd>
        </div>
      ))}
    </dl>
  );
}
