// The head of a Parquet file: its columns with their types, and its first rows. Loaded when such a file is opened, because
// it brings the reader with it.

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Segmented } from "../../parts/Button";
import table from "../../parts/DataTable.module.css";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorBox } from "../../parts/ErrorBox";
import { formatCount } from "../../parts/format";
import { Skeleton } from "../../parts/Skeleton";
import { TableFrame } from "../../parts/TableFrame";
import css from "./artifacts.module.css";
import { type ParquetHead, readParquetHead } from "./parquet-file";
import { cellText } from "./parquet-schema";

export default function ParquetView({
  runId,
  path,
  size,
}: {
  runId: string;
  path: string;
  size: number;
}) {
  const [way, setWay] = useState<"rows" | "schema">("rows");
  const head = useQuery({
    queryKey: ["artifact-parquet", runId, path, size],
    queryFn: ({ signal }) => readParquetHead(runId, path, size, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
  if (head.isPending) return <Skeleton label="Loading the preview" />;
  if (head.error)
    return (
      <ErrorBox
        what="The Parquet file could not be read"
        error={head.error}
        retry={() => void head.refetch()}
      />
    );
  const { rows, groups, schema, createdBy } = head.data;
  const columns = schema.filter((column) => column.depth === 0).length;
  return (
    <>
      <div className={css.tools}>
        <Segmented
          label="View"
          size="small"
          value={way}
          onChange={setWay}
          options={[
            { value: "rows", label: "Rows" },
            { value: "schema", label: "Schema" },
          ]}
        />
      </div>
      <p className="muted small">
        {counted(rows, "row")}, {counted(columns, "column")}, {counted(groups, "row group")}
        {createdBy && `, written by ${createdBy}`}
      </p>
      {way === "rows" ? <Rows head={head.data} /> : <Schema head={head.data} />}
    </>
  );
}

function counted(count: number, what: string): string {
  return `${formatCount(count)} ${what}${count === 1 ? "" : "s"}`;
}

function Rows({ head }: { head: ParquetHead }) {
  if (head.problem !== null)
    return (
      <EmptyState title="The rows cannot be shown">
        {head.problem}. The schema could be read, and the file can be downloaded.
      </EmptyState>
    );
  if (head.rows === 0) return <EmptyState title="The file has no rows" />;
  if (head.columns.length === 0)
    return (
      <EmptyState title="The rows are not shown">
        The columns of the first row group are too large for a preview. The file can be downloaded.
      </EmptyState>
    );
  return (
    <>
      <p className={css.part} role="note">
        {head.values.length < head.rows
          ? `The first ${formatCount(head.values.length)} of ${counted(head.rows, "row")}.`
          : `All ${counted(head.rows, "row")}.`}
        {head.left > 0 &&
          ` ${counted(head.left, "column")} left out: too many or too large for a preview.`}
      </p>
      <TableFrame label="Rows" className={css.csv}>
        <table className={table.table}>
          <thead>
            <tr>
              {head.columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {head.values.map((row, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity but their place, which never changes
              <tr key={index}>
                {head.columns.map((column, at) => (
                  <Cell key={column} value={row[at]} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </TableFrame>
    </>
  );
}

function Cell({ value }: { value: unknown }) {
  const text = cellText(value);
  if (text === null) return <td className="muted">null</td>;
  const number = typeof value === "number" || typeof value === "bigint";
  return <td className={number ? table.n : css.cell}>{text}</td>;
}

function Schema({ head }: { head: ParquetHead }) {
  return (
    <TableFrame label="Schema" className={css.csv}>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Column</th>
            <th scope="col">Type</th>
            <th scope="col">Null allowed</th>
          </tr>
        </thead>
        <tbody>
          {head.schema.map((column) => (
            <tr key={column.path}>
              <th scope="row" style={{ paddingLeft: 8 + 16 * column.depth }}>
                {column.depth === 0 ? column.path : column.path.split(".").pop()}
              </th>
              <td className="mono">{column.type}</td>
              <td>{column.nullable ? "yes" : "no"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  );
}
