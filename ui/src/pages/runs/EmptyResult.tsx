// What the table says when no run matches: which clause of the filter one may drop.
import type { ViewType } from "../../api/contract";
import { Button } from "../../parts/Button";
import { EmptyState } from "../../parts/EmptyState";
import { formatCount } from "../../parts/format";
import { Icon } from "../../parts/Icon";
import { clauses } from "./clauses";
import css from "./RunsTab.module.css";

export function EmptyResult({
  filter,
  total,
  view,
  onFilter,
}: {
  filter: string;
  total: number;
  view: ViewType;
  onFilter: (filter: string) => void;
}) {
  if (filter.trim() === "")
    return <EmptyState title={view === "deleted" ? "No deleted runs" : "No runs"} />;
  const parts = clauses(filter);
  return (
    <EmptyState
      title={`0 of ${formatCount(total)} runs match`}
      action={<Button onClick={() => onFilter("")}>Clear the filter</Button>}
    >
      {parts.length > 1 && (
        <ul className={css.clauses} aria-label="Clauses of the filter">
          {parts.map((clause) => (
            <li key={clause.without}>
              <code>{clause.text}</code>
              <Button
                size="small"
                aria-label={`Drop ${clause.text}`}
                onClick={() => onFilter(clause.without)}
              >
                <Icon name="close" size={12} /> Drop it
              </Button>
            </li>
          ))}
        </ul>
      )}
    </EmptyState>
  );
}
