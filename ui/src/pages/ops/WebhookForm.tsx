// Creating and editing a webhook. The server checks name and address; its refusal is shown in the dialog.
import { useState } from "react";
import { type Webhook, webhooks } from "../../api/webhooks";
import { Button } from "../../parts/Button";
import { Dialog, DialogActions } from "../../parts/Dialog";
import { toast } from "../../parts/Toast";
import { Refusal, useSubmit } from "../models/dialogs";
import { type EventName, eventGroups, eventOf, nameOf } from "./webhook-events";
import { useWebhookRefresh } from "./webhook-queries";
import css from "./webhooks.module.css";

export function WebhookForm({
  webhook,
  onClose,
}: {
  /** The one that is edited; none for a new one. */
  webhook?: Webhook | undefined;
  onClose: () => void;
}) {
  const refresh = useWebhookRefresh();
  const [name, setName] = useState(webhook?.name ?? "");
  const [url, setUrl] = useState(webhook?.url ?? "");
  const [description, setDescription] = useState(webhook?.description ?? "");
  const [secret, setSecret] = useState("");
  const [unsigned, setUnsigned] = useState(false);
  const [events, setEvents] = useState<readonly EventName[]>(webhook?.events.map(nameOf) ?? []);
  const { submit, busy, error } = useSubmit(async () => {
    const fields = { name: name.trim(), url: url.trim(), events: events.map(eventOf) };
    if (webhook) {
      const change = unsigned ? { secret: "" } : secret === "" ? {} : { secret };
      await webhooks.update(webhook.webhook_id, { ...fields, description, ...change });
    } else
      await webhooks.create({
        ...fields,
        ...(description !== "" && { description }),
        ...(secret !== "" && { secret }),
        status: "ACTIVE",
      });
    await refresh();
    onClose();
    toast({ message: webhook ? `Changed “${fields.name}”` : `Created “${fields.name}”` });
  });
  return (
    <Dialog wide title={webhook ? "Edit the webhook" : "New webhook"} onClose={onClose}>
      <form className={css.form} onSubmit={submit}>
        <label className={css.field}>
          Name
          <input
            type="text"
            value={name}
            maxLength={63}
            autoComplete="off"
            spellCheck={false}
            required
            onChange={(event) => setName(event.target.value)}
          />
          <span className="muted small">Letters, digits, dots, underscores and hyphens</span>
        </label>
        <label className={css.field}>
          URL
          <input
            type="text"
            inputMode="url"
            value={url}
            placeholder="https://example.org/hooks/models"
            autoComplete="off"
            spellCheck={false}
            required
            onChange={(event) => setUrl(event.target.value)}
          />
        </label>
        <Events chosen={events} onChange={setEvents} />
        <label className={css.field}>
          Secret (optional)
          <input
            type="password"
            value={secret}
            autoComplete="new-password"
            disabled={unsigned}
            onChange={(event) => setSecret(event.target.value)}
          />
          <span className="muted small">
            Signs every delivery, so that the receiver can tell who sent it. It is never shown again
            {webhook && "; left empty, it stays as it is"}.
          </span>
        </label>
        {webhook && (
          <label className={css.check}>
            <input
              type="checkbox"
              checked={unsigned}
              onChange={(event) => setUnsigned(event.target.checked)}
            />
            Without a secret from now on
          </label>
        )}
        <label className={css.field}>
          Description (optional)
          <textarea
            rows={2}
            value={description}
            onChange={(event) => setDescription(event.target.value)}
          />
        </label>
        <Refusal error={error} />
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            type="submit"
            disabled={busy || name.trim() === "" || url.trim() === "" || events.length === 0}
          >
            {webhook ? "Save" : "Create"}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

function Events({
  chosen,
  onChange,
}: {
  chosen: readonly EventName[];
  onChange: (events: readonly EventName[]) => void;
}) {
  // An unknown event that is unchecked stays in sight, so that it can be checked again.
  const [groups] = useState(() => eventGroups(chosen));
  return (
    <fieldset className={css.events}>
      <legend>
        Events{" "}
        <span className="muted">
          {chosen.length === 0 ? "choose at least one" : `${chosen.length} chosen`}
        </span>
      </legend>
      {groups.map(({ title, events }) => (
        <fieldset key={title} className={css.group}>
          <legend>{title}</legend>
          {events.map((one) => (
            <label key={one.name} className={css.check} title={one.name}>
              <input
                type="checkbox"
                checked={chosen.includes(one.name)}
                onChange={(event) =>
                  onChange(
                    event.target.checked
                      ? [...chosen, one.name]
                      : chosen.filter((name) => name !== one.name),
                  )
                }
              />
              {one.label}
            </label>
          ))}
        </fieldset>
      ))}
    </fieldset>
  );
}
