// What a place says when there is nothing to show: a title, a sentence, and what can be done.
import css from "./EmptyState.module.css";

export function EmptyState({
  title,
  children,
  action,
  page = false,
}: {
  title: string;
  children?: React.ReactNode;
  action?: React.ReactNode;
  /** The state is the whole page, so its title is the page's heading. */
  page?: boolean;
}) {
  return (
    <div className={css.empty}>
      {page ? <h1>{title}</h1> : <h2>{title}</h2>}
      {children && <div className={css.text}>{children}</div>}
      {action && <div className={css.action}>{action}</div>}
    </div>
  );
}
