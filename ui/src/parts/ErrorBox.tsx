// A failure, in the place where the answer would have been: what failed, the request id to quote,
// and a way to try again. The rest of the page goes on.
import { ApiError, errorText } from "../api/client";
import { Button } from "./Button";
import { Copy } from "./Copy";
import css from "./ErrorBox.module.css";
import { Icon } from "./Icon";

export function ErrorBox({
  what,
  error,
  retry,
}: {
  /** What was wanted, for example "The runs could not be loaded". */
  what: string;
  error: unknown;
  retry?: () => void;
}) {
  const id = error instanceof ApiError ? error.requestId : undefined;
  return (
    <div className={css.box} role="alert">
      <Icon name="warning" />
      <div className={css.words}>
        <strong>{what}</strong>
        <span>{errorText(error)}</span>
        {id && (
          <span className="small">
            Request <span className="mono">{id}</span> <Copy text={id} />
          </span>
        )}
      </div>
      {retry && (
        <Button size="small" onClick={retry}>
          Retry
        </Button>
      )}
    </div>
  );
}
