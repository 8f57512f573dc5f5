// The table as code: opens from a button and shows Python or the call of the API, ready to copy.
import { Popover, PopoverDisclosure, PopoverProvider } from "@ariakit/react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { apiPost, serverAddress } from "../../api/client";
import type { FilterCheck, RunsQuery } from "../../api/contract";
import { buttonClass, Segmented } from "../../parts/Button";
import { Copy } from "../../parts/Copy";
import { Icon } from "../../parts/Icon";
import { Skeleton } from "../../parts/Skeleton";
import css from "./CodeButton.module.css";
import { curlSnippet, isMlflowOrder, pythonSnippet, requestsSnippet } from "./code";
import type { ColumnId } from "./url-state";

function Code({ query, columns }: { query: RunsQuery; columns: ColumnId[] }) {
  const [kind, setKind] = useState<"python" | "curl">("python");
  const { filter } = query;
  const check = useQuery({
    queryKey: ["is-mlflow", filter],
    queryFn: ({ signal }) => apiPost<FilterCheck>("filter/check", { filter }, signal),
    enabled: filter.trim() !== "",
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (filter.trim() !== "" && check.isPending) return <Skeleton lines={8} />;
  const mlflow = isMlflowOrder(query) && (check.data?.mlflow ?? true);
  const text =
    kind === "curl"
      ? curlSnippet(serverAddress(), query)
      : mlflow
        ? pythonSnippet(serverAddress(), query, columns)
        : requestsSnippet(serverAddress(), query);
  return (
    <>
      <div className={css.top}>
        <Segmented
          label="Kind of code"
          value={kind}
          options={[
            { value: "python", label: "Python" },
            { value: "curl", label: "API call" },
          ]}
          onChange={setKind}
        />
        <Copy text={text} label="Copy" size="normal" kind="primary" />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box must be reachable */}
      <pre tabIndex={0} className={css.code}>
        {text}
      </pre>
    </>
  );
}

export function CodeButton({
  query,
  columns,
}: {
  /** What the table asks now. */
  query: () => RunsQuery | undefined;
  columns: ColumnId[];
}) {
  return (
    <PopoverProvider placement="bottom-end">
      <PopoverDisclosure
        className={buttonClass({ size: "small" })}
        title="This table as Python code or as a call of the API"
      >
        <Icon name="code" size={14} /> Code
      </PopoverDisclosure>
      <Popover
        gutter={4}
        portal
        unmountOnHide
        className={css.popover}
        aria-label="This table as code"
        overflowPadding={8}
      >
        <Current query={query} columns={columns} />
      </Popover>
    </PopoverProvider>
  );
}

/** Reads the question when the popover opens, not before. */
function Current({ query, columns }: Parameters<typeof CodeButton>[0]) {
  const now = query();
  return now ? <Code query={now} columns={columns} /> : <p className="muted">Not loaded yet</p>;
}
