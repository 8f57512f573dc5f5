// A modal dialog on the browser's own <dialog>: focus is kept inside, Escape closes, and the focus
// returns to where it was.
import { useEffect, useId, useRef } from "react";
import { Button } from "./Button";
import css from "./Dialog.module.css";
import { Icon } from "./Icon";

export function Dialog({
  title,
  onClose,
  children,
  wide = false,
}: {
  title: string;
  onClose: () => void;
  children: React.ReactNode;
  wide?: boolean;
}) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    dialog?.showModal();
    // The browser would choose the close button, which stands first.
    dialog?.querySelector<HTMLElement>("input, textarea, select")?.focus();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a click on the backdrop; Escape does the same
    <dialog
      ref={ref}
      className={`${css.dialog} ${wide ? css.wide : ""}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === ref.current) onClose();
      }}
    >
      <div className={css.inner}>
        <div className={css.head}>
          <h2 id={id}>{title}</h2>
          <Button kind="quiet" size="small" aria-label="Close" onClick={onClose}>
            <Icon name="close" size={14} />
          </Button>
        </div>
        {children}
      </div>
    </dialog>
  );
}

/** The row of buttons at the foot of a dialog. */
export function DialogActions({ children }: { children: React.ReactNode }) {
  return <div className={css.actions}>{children}</div>;
}
