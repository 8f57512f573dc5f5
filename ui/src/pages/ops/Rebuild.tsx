// How the read models are rebuilt. That is a command, for it may take hours and wants to be watched, so it is here to be copied.
import { Copy } from "../../parts/Copy";
import css from "./ops.module.css";

const COMMANDS: [string, string][] = [
  [
    "runledger replay",
    "Derives all read models from the log anew, beside those in use, while the server runs. Compares both, and switches if they say the same.",
  ],
  [
    "runledger replay --dry-run",
    "The same without the switch: only tells what would be different.",
  ],
  ["runledger replay --rollback", "Goes back to the read models from before the last switch."],
];

export function Rebuild() {
  return (
    <section aria-label="Rebuild">
      <h2>Rebuild</h2>
      <p className="muted">
        When a read model seems wrong, or after an upgrade that changes them. Run it with the
        settings of this server: the same file or environment, and for SQLite the same machine.
      </p>
      <dl className={css.commands}>
        {COMMANDS.map(([command, meaning]) => (
          <div key={command}>
            <dt>
              <code>{command}</code>
              <Copy text={command} label="Copy" />
            </dt>
            <dd className="muted">{meaning}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
