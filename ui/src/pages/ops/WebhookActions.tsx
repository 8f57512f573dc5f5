// What can be done with a webhook: send a test, edit, disable and enable, delete.
import { useState } from "react";
import { errorText } from "../../api/client";
import { type Webhook, type WebhookTest, webhooks } from "../../api/webhooks";
import { ActionMenu } from "../../parts/ActionMenu";
import { Button } from "../../parts/Button";
import { Dialog, DialogActions } from "../../parts/Dialog";
import { Signal } from "../../parts/Status";
import { toast } from "../../parts/Toast";
import { Refusal, useSubmit } from "../models/dialogs";
import { WebhookForm } from "./WebhookForm";
import { eventOf, eventText, nameOf } from "./webhook-events";
import { useWebhookForget, useWebhookRefresh } from "./webhook-queries";
import css from "./webhooks.module.css";

export function WebhookActions({
  webhook,
  onDeleted,
}: {
  webhook: Webhook;
  /** Called before the list is loaded again. */
  onDeleted?: () => void;
}) {
  const refresh = useWebhookRefresh();
  const forget = useWebhookForget();
  const [open, setOpen] = useState<"test" | "edit" | "delete" | undefined>();
  const close = () => setOpen(undefined);
  const { name } = webhook;
  const active = webhook.status !== "DISABLED";

  async function setActive(to: boolean) {
    try {
      await webhooks.update(webhook.webhook_id, { status: to ? "ACTIVE" : "DISABLED" });
      toast({
        message: `${to ? "Enabled" : "Disabled"} “${name}”`,
        action: { label: "Undo", run: () => void setActive(!to) },
      });
    } catch (error) {
      toast({ message: `“${name}” was not changed: ${errorText(error)}`, tone: "bad" });
    }
    await refresh();
  }

  return (
    <>
      <Button size="small" onClick={() => setOpen("test")}>
        Send test
      </Button>
      <ActionMenu
        label={`More actions for ${name}`}
        items={[
          { label: "Edit…", run: () => setOpen("edit") },
          { label: active ? "Disable" : "Enable", run: () => void setActive(!active) },
          { label: "Delete…", run: () => setOpen("delete"), danger: true },
        ]}
      />
      {open === "test" && <TestDialog webhook={webhook} onClose={close} />}
      {open === "edit" && <WebhookForm webhook={webhook} onClose={close} />}
      {open === "delete" && (
        <DeleteDialog
          name={name}
          remove={async () => {
            await webhooks.remove(webhook.webhook_id);
            close();
            onDeleted?.();
            toast({ message: `Deleted “${name}”` });
            await forget(webhook.webhook_id);
          }}
          onClose={close}
        />
      )}
    </>
  );
}

function DeleteDialog({
  name,
  remove,
  onClose,
}: {
  name: string;
  remove: () => Promise<void>;
  onClose: () => void;
}) {
  const { submit, busy, error } = useSubmit(remove);
  return (
    <Dialog title="Delete the webhook?" onClose={onClose}>
      <form className={css.form} onSubmit={submit}>
        <p>
          Nothing is sent for <span className="mono">{name}</span> any more, what is pending
          included, and the log of its deliveries cannot be seen any more. This cannot be undone.
        </p>
        <Refusal error={error} />
        <DialogActions>
          <Button onClick={onClose}>Keep</Button>
          <Button kind="danger" type="submit" disabled={busy}>
            Delete
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

function TestDialog({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const names = webhook.events.map(nameOf);
  const [event, setEvent] = useState(names[0] ?? "");
  const [result, setResult] = useState<WebhookTest | undefined>();
  const { submit, busy, error } = useSubmit(async () => {
    setResult(undefined);
    setResult(await webhooks.test(webhook.webhook_id, eventOf(event)));
  });
  return (
    <Dialog wide title={`Test “${webhook.name}”`} onClose={onClose}>
      <form className={css.form} onSubmit={submit}>
        <p className="muted">
          An example is sent once, at once, to <span className="mono">{webhook.url}</span>
          {webhook.status === "DISABLED" && ", although the webhook is disabled"}. It does not
          appear among the deliveries.
        </p>
        <label className={css.field}>
          Event
          <select value={event} onChange={(change) => setEvent(change.target.value)}>
            {names.map((name) => (
              <option key={name} value={name}>
                {eventText(name)}
              </option>
            ))}
          </select>
        </label>
        <div role="status" className={css.result}>
          {busy && <Signal tone="run">Sending…</Signal>}
          {result && !busy && <Result result={result} />}
        </div>
        <Refusal error={error} />
        <DialogActions>
          <Button onClick={onClose}>Close</Button>
          <Button kind="primary" type="submit" disabled={busy || event === ""}>
            {result ? "Send again" : "Send"}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

function Result({ result }: { result: WebhookTest }) {
  const { success, response_status: status, response_body: body, error_message: error } = result;
  return (
    <>
      <Signal tone={success ? "ok" : "bad"}>
        {success ? "The receiver took it" : status ? "The receiver refused it" : "Not delivered"}
        {status !== undefined && ` · HTTP ${status}`}
      </Signal>
      {error && <p className={css.bad}>{error}</p>}
      {body && (
        <>
          <h3>Answer of the receiver</h3>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
          <pre tabIndex={0}>{body}</pre>
        </>
      )}
    </>
  );
}
