// Chooses which metrics have a chart.
import { useState } from "react";
import { Button } from "../../parts/Button";
import { Dialog, DialogActions } from "../../parts/Dialog";
import css from "./charts.module.css";

const SHOWN = 300;

export function MetricChooser({
  all,
  chosen,
  onChange,
}: {
  all: readonly string[];
  chosen: readonly string[];
  onChange: (chosen: readonly string[]) => void;
}) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>
        Metrics {chosen.length}/{all.length}
      </Button>
      {open && (
        <Chooser all={all} chosen={chosen} onChange={onChange} onClose={() => setOpen(false)} />
      )}
    </>
  );
}

function Chooser({
  all,
  chosen,
  onChange,
  onClose,
}: {
  all: readonly string[];
  chosen: readonly string[];
  onChange: (chosen: readonly string[]) => void;
  onClose: () => void;
}) {
  const [search, setSearch] = useState("");
  const matching = all.filter((key) => key.toLowerCase().includes(search.toLowerCase()));
  const set = new Set(chosen);
  function toggle(key: string) {
    onChange(set.has(key) ? chosen.filter((one) => one !== key) : [...chosen, key]);
  }
  return (
    <Dialog title="Metrics" onClose={onClose}>
      <input
        type="search"
        aria-label="Search metrics"
        placeholder="Search metrics"
        value={search}
        onChange={(event) => setSearch(event.target.value)}
      />
      <div className={css.options}>
        {matching.slice(0, SHOWN).map((key) => (
          <label key={key} className={css.option}>
            <input type="checkbox" checked={set.has(key)} onChange={() => toggle(key)} />
            <span className="mono">{key}</span>
          </label>
        ))}
        {matching.length > SHOWN && (
          <p className="muted small">{matching.length - SHOWN} more; search to find them.</p>
        )}
        {matching.length === 0 && <p className="muted">No metric matches.</p>}
      </div>
      <DialogActions>
        <Button onClick={() => onChange([])}>Default</Button>
        <Button kind="primary" onClick={onClose}>
          Done
        </Button>
      </DialogActions>
    </Dialog>
  );
}
