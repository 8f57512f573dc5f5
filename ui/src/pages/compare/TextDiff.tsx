// What differs between the same text file of two runs, as two columns of lines. Equal lines away from changes are folded.
import { useQueries } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useSearchParams } from "wouter";
import { Button } from "../../parts/Button";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorBox } from "../../parts/ErrorBox";
import { formatBytes, formatCount } from "../../parts/format";
import { Skeleton } from "../../parts/Skeleton";
import { TableFrame } from "../../parts/TableFrame";
import { useCut } from "../../parts/useCut";
import { decodeText, type Head, looksBinary, prettyJson } from "../run/artifact-bytes";
import { kindOf, planPreview } from "../run/artifact-kind";
import { headOf } from "../run/head";
import css from "./artifacts.module.css";
import type { RunFile } from "./FileOfRuns";
import { type DiffRow, diffLines, type Folded, fold, innerChange, linesOf } from "./text-diff";

/** Rows made before one asks for more. */
const ROWS = 1000;

export function TextDiff({ files, path }: { files: readonly RunFile[]; path: string }) {
  const [params, setParams] = useSearchParams();
  const idOf = (file: RunFile | undefined) => file?.run.detail.run.run_id ?? "";
  const chosen = (key: string) => files.find((file) => idOf(file) === params.get(key));
  const from = chosen("base") ?? files[0];
  const to = chosen("with") ?? files.find((file) => file !== from);
  function choose(key: string, runId: string) {
    setParams(
      (current) => {
        const next = new URLSearchParams(current);
        next.set(key, runId);
        return next;
      },
      { replace: true },
    );
  }
  const kind = kindOf(path);
  const heads = useQueries({
    queries: [from, to].map((file) => ({
      ...headOf(
        idOf(file),
        path,
        file?.entry.size ?? null,
        planPreview(kind, file?.entry.size ?? null).limit,
      ),
      enabled: file !== undefined && file.entry.size > 0,
    })),
  });
  const failed = heads.find(({ error }) => error);
  const empty: Head = { bytes: new ArrayBuffer(0), cut: false };
  const [left, right] = heads.map(({ data }, index) =>
    (index === 0 ? from : to)?.entry.size === 0 ? empty : data,
  );
  return (
    <>
      {files.length > 2 && (
        <div className={css.pair}>
          {(["base", "with"] as const).map((key) => (
            <label key={key}>
              {key === "base" ? "From" : "To"}{" "}
              <select
                value={idOf(key === "base" ? from : to)}
                onChange={(event) => choose(key, event.target.value)}
              >
                {files.map((file) => (
                  <option key={idOf(file)} value={idOf(file)}>
                    {file.run.detail.run.name}
                  </option>
                ))}
              </select>
            </label>
          ))}
        </div>
      )}
      {failed ? (
        <ErrorBox
          what="The files could not be compared"
          error={failed.error}
          retry={() => void failed.refetch()}
        />
      ) : left && right ? (
        looksBinary(left) || looksBinary(right) ? (
          <EmptyState title="No comparison">The file is not text.</EmptyState>
        ) : (
          <Differences
            key={`${idOf(from)} ${idOf(to)}`}
            left={left}
            right={right}
            names={[from, to].map((file) => file?.run.detail.run.name ?? "")}
            json={kind === "json" || kind === "geojson"}
          />
        )
      ) : (
        <Skeleton label="Loading the files" />
      )}
    </>
  );
}

function Differences({
  left,
  right,
  names,
  json,
}: {
  left: Head;
  right: Head;
  names: readonly string[];
  json: boolean;
}) {
  const { rows, aligned } = useMemo(() => {
    const text = (head: Head) => {
      const plain = decodeText(head);
      // Both are written alike first, so that only what they say is compared.
      return json && !head.cut ? prettyJson(plain) : plain;
    };
    return diffLines(linesOf(text(left)), linesOf(text(right)));
  }, [left, right, json]);
  const folded = useMemo(() => fold(rows), [rows]);
  const { shown, more } = useCut(folded, ROWS);
  const removed = rows.filter((row) => row.kind !== "same" && row.left).length;
  const added = rows.filter((row) => row.kind !== "same" && row.right).length;
  const cut = Math.max(
    left.cut ? left.bytes.byteLength : 0,
    right.cut ? right.bytes.byteLength : 0,
  );
  return (
    <>
      <p className={css.facts} role="status">
        {removed + added === 0
          ? "No line differs. "
          : `${formatCount(removed)} ${removed === 1 ? "line" : "lines"} only in ${names[0]}, ${formatCount(added)} only in ${names[1]}. `}
        {!aligned &&
          "The files have too little in common for their lines to be put beside one another. "}
        {cut > 0 && `Only the first ${formatBytes(cut)} are compared.`}
      </p>
      <TableFrame label={`Differences between ${names[0]} and ${names[1]}`} className={css.diff}>
        <table>
          <thead>
            <tr>
              <th scope="col" colSpan={2}>
                {names[0]}
              </th>
              <th scope="col" colSpan={2}>
                {names[1]}
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <Row key={keyOf(row)} row={row} />
            ))}
          </tbody>
        </table>
      </TableFrame>
      {more}
    </>
  );
}

function keyOf(row: Folded): string {
  if (row.kind === "gap") return `gap ${row.rows[0]?.left?.[0]}`;
  return `${row.left?.[0]} ${row.right?.[0]}`;
}

function Row({ row }: { row: Folded }) {
  const [open, setOpen] = useState(false);
  if (row.kind !== "gap") return <Line row={row} />;
  if (open) return row.rows.map((one) => <Line key={keyOf(one)} row={one} />);
  return (
    <tr>
      <td colSpan={4} className={css.gap}>
        <Button size="small" kind="quiet" onClick={() => setOpen(true)}>
          Show {formatCount(row.rows.length)} equal lines
        </Button>
      </td>
    </tr>
  );
}

function Line({ row }: { row: DiffRow }) {
  const { kind, left, right } = row;
  const [head, tail] = kind === "changed" ? innerChange(left?.[1] ?? "", right?.[1] ?? "") : [0, 0];
  const side = (line: DiffRow["left"], sign: string, word: string, tone: string | undefined) => {
    const marked = line !== undefined && kind !== "same";
    return (
      <>
        <td className={`${css.number} ${marked ? tone : ""}`}>{line?.[0]}</td>
        <td className={`${css.text} ${marked ? tone : line ? "" : css.nothing}`}>
          {marked && (
            <>
              <span aria-hidden="true">{sign} </span>
              <span className="visually-hidden">{word}: </span>
            </>
          )}
          {line && kind === "changed" ? (
            <Marked text={line[1]} head={head} tail={tail} />
          ) : (
            line?.[1]
          )}
        </td>
      </>
    );
  };
  return (
    <tr>
      {side(left, "−", "removed", css.removed)}
      {side(right, "+", "added", css.added)}
    </tr>
  );
}

function Marked({ text, head, tail }: { text: string; head: number; tail: number }) {
  return (
    <>
      {text.slice(0, head)}
      <mark>{text.slice(head, text.length - tail)}</mark>
      {text.slice(text.length - tail)}
    </>
  );
}
