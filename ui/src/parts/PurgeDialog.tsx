// Asks for the name of what is to be removed for good, because nothing brings it back.
import { type FormEvent, useId, useState } from "react";
import { errorText } from "../api/client";
import { Button } from "./Button";
import { Dialog, DialogActions } from "./Dialog";
import css from "./PurgeDialog.module.css";

export function PurgeDialog({
  what,
  name,
  children,
  purge,
  onClose,
}: {
  /** "run" or "experiment". */
  what: string;
  name: string;
  /** What goes with it. */
  children: React.ReactNode;
  /** Its failure is shown, and the dialog stays. */
  purge: (name: string) => Promise<void>;
  onClose: () => void;
}) {
  const [typed, setTyped] = useState("");
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const id = useId();
  const ready = typed === name && !busy;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (!ready) return;
    setBusy(true);
    purge(typed).then(onClose, (failure: unknown) => {
      setBusy(false);
      setError(errorText(failure));
    });
  };
  return (
    <Dialog title={`Purge the ${what}`} onClose={onClose}>
      <form className={css.form} onSubmit={onSubmit}>
        <p>{children} This cannot be undone.</p>
        <label htmlFor={id}>
          Type <strong className={css.name}>{name}</strong> to confirm
        </label>
        <input
          id={id}
          type="text"
          value={typed}
          autoComplete="off"
          spellCheck={false}
          aria-describedby={`${id}-error`}
          onChange={(event) => setTyped(event.target.value)}
        />
        <p id={`${id}-error`} className={css.error} role="alert">
          {error}
        </p>
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="danger" type="submit" disabled={!ready}>
            {busy ? "Purging…" : "Purge"}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
