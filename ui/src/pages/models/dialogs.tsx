// Dialogs of the registry: creating a model, and deleting for good, which asks for the name because
// nothing takes it back. A refusal of the server is shown in the dialog, which stays.
import { type FormEvent, useState } from "react";
import { errorText } from "../../api/client";
import { Button } from "../../parts/Button";
import { Dialog, DialogActions } from "../../parts/Dialog";
import css from "./models.module.css";

/** Calls `act` for a form; closing is up to `act`. */
export function useSubmit(act: () => Promise<unknown>) {
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(undefined);
    act().then(
      () => setBusy(false),
      (failure: unknown) => {
        setBusy(false);
        setError(failure);
      },
    );
  };
  return { submit, busy, error };
}

export function Refusal({ error }: { error: unknown }) {
  if (error === undefined) return null;
  return (
    <p className={css.bad} role="alert">
      {errorText(error)}
    </p>
  );
}

export function CreateDialog({
  create,
  onClose,
}: {
  create: (name: string, description: string) => Promise<unknown>;
  onClose: () => void;
}) {
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const { submit, busy, error } = useSubmit(() => create(name.trim(), description));
  return (
    <Dialog title="New registered model" onClose={onClose}>
      <form className={css.form} onSubmit={submit}>
        <label className={css.field}>
          Name
          <input
            type="text"
            value={name}
            maxLength={255}
            autoComplete="off"
            spellCheck={false}
            required
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <label className={css.field}>
          Description (Markdown, optional)
          <textarea
            rows={4}
            value={description}
            onChange={(event) => setDescription(event.target.value)}
          />
        </label>
        <Refusal error={error} />
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={busy || name.trim() === ""}>
            Create
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

export function DeleteDialog({
  title,
  typed,
  remove,
  onClose,
  children,
}: {
  title: string;
  /** What has to be typed. */
  typed: string;
  remove: () => Promise<unknown>;
  onClose: () => void;
  /** What goes with it. */
  children: React.ReactNode;
}) {
  const [text, setText] = useState("");
  const { submit, busy, error } = useSubmit(remove);
  return (
    <Dialog title={title} onClose={onClose}>
      <form className={css.form} onSubmit={submit}>
        <div>{children}</div>
        <label className={css.field}>
          <span>
            Type <strong className="mono">{typed}</strong> to delete it
          </span>
          <input
            type="text"
            value={text}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        <Refusal error={error} />
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="danger" type="submit" disabled={busy || text !== typed}>
            Delete
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
