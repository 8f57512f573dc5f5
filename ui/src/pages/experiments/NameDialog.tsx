// Asks for the name of an experiment or of a view, for creating and renaming. A refusal by the server (a name
// that is taken, for example) is shown beside the field, and the dialog stays.
import { useId, useState } from "react";
import { errorText } from "../../api/client";
import { Button } from "../../parts/Button";
import { Dialog, DialogActions } from "../../parts/Dialog";
import css from "./NameDialog.module.css";

export function NameDialog({
  title,
  initial = "",
  action,
  maxLength = 500,
  submit,
  onClose,
}: {
  title: string;
  initial?: string;
  action: string;
  maxLength?: number;
  submit: (name: string) => Promise<void>;
  onClose: () => void;
}) {
  const [name, setName] = useState(initial);
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const id = useId();
  const ready = name.trim() !== "" && name.trim() !== initial && !busy;

  const onSubmit = (event: React.FormEvent) => {
    event.preventDefault();
    if (!ready) return;
    setBusy(true);
    submit(name.trim()).then(onClose, (failure: unknown) => {
      setBusy(false);
      setError(errorText(failure));
    });
  };

  return (
    <Dialog title={title} onClose={onClose}>
      <form className={css.form} onSubmit={onSubmit}>
        <label htmlFor={id}>Name</label>
        <input
          id={id}
          type="text"
          value={name}
          maxLength={maxLength}
          autoComplete="off"
          spellCheck={false}
          aria-invalid={error !== ""}
          aria-describedby={`${id}-error`}
          onFocus={(event) => event.target.select()}
          onChange={(event) => {
            setName(event.target.value);
            setError("");
          }}
        />
        <p id={`${id}-error`} className={css.error} role="alert">
          {error}
        </p>
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={!ready}>
            {action}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
