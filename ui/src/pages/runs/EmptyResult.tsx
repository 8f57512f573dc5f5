// What the table says when no run matches: which clause of the filter one may drop, first the one
// that removes most.
import { useQuery } from "@tanstack/react-query";
import { useParams } from "wouter";
import type { ViewType } from "../../api/contract";
import { fetchRuns, keys } from "../../api/queries";
import { Button } from "../../parts/Button";
import { EmptyState } from "../../parts/EmptyState";
import { formatCount } from "../../parts/format";
import { Icon } from "../../parts/Icon";
import { type Clause, clauses } from "./clauses";
import css from "./RunsTab.module.css";

/** So many clauses are tried without. */
const TRIED = 8;

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
  const parts = clauses(filter);
  const left = useLeft(parts, view);
  if (filter.trim() === "")
    return <EmptyState title={view === "deleted" ? "No deleted runs" : "No runs"} />;
  return (
    <EmptyState
      title={`0 of ${formatCount(total)} runs match`}
      action={<Button onClick={() => onFilter("")}>Clear the filter</Button>}
    >
      {parts.length > 1 && (
        <ul className={css.clauses} aria-label="Clauses of the filter">
          {byLeft(parts, left).map(({ clause, runs }) => (
            <li key={clause.without}>
              <code>{clause.text}</code>
              <Button
                size="small"
                aria-label={`Drop ${clause.text}`}
                onClick={() => onFilter(clause.without)}
              >
                <Icon name="close" size={12} /> Drop it
              </Button>
              {runs !== undefined && (
                <span>
                  {formatCount(runs)} run{runs === 1 ? "" : "s"} without it
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
    </EmptyState>
  );
}

/** How many runs match without each clause, as far as it is known. */
function useLeft(parts: Clause[], view: ViewType): (number | undefined)[] {
  const { id = "" } = useParams<{ id: string }>();
  const filters = parts.slice(0, TRIED).map((clause) => clause.without);
  const counted = useQuery({
    queryKey: [...keys.runs, "left", id, view, filters],
    enabled: id !== "" && parts.length > 1,
    queryFn: ({ signal }) =>
      Promise.all(
        filters.map(async (filter) => {
          const query = { experiment_ids: [id], filter, order_by: [], view, columns: [] };
          return (await fetchRuns({ ...query, offset: 0, limit: 0 }, signal)).matched;
        }),
      ),
  });
  return counted.data ?? [];
}

function byLeft(parts: Clause[], left: (number | undefined)[]) {
  return parts
    .map((clause, index) => ({ clause, runs: left[index] }))
    .sort((a, b) => (b.runs ?? -1) - (a.runs ?? -1));
}
