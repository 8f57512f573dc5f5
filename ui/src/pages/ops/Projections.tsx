// How far each read model has followed the log. The speed is measured between two answers of the server.
import { useRef } from "react";
import { Link } from "wouter";
import type { OpsStatus } from "../../api/contract";
import { LinkButton } from "../../parts/Button";
import table from "../../parts/DataTable.module.css";
import { EmptyState } from "../../parts/EmptyState";
import { formatCount, formatDuration } from "../../parts/format";
import { percent } from "../../parts/Progress";
import { Signal } from "../../parts/Status";
import { TableFrame } from "../../parts/TableFrame";
import css from "./ops.module.css";

/** A read model this far behind is replaying rather than catching up. */
const REPLAY = 0.1;

export function Projections({
  status,
  only,
}: {
  status: OpsStatus;
  /** The name of the only one that is shown. */
  only?: string | undefined;
}) {
  const speeds = useSpeeds(status);
  const shown = status.projections.filter(({ name }) => only === undefined || name === only);
  if (shown.length === 0)
    return (
      <EmptyState
        title="There is no such projection"
        action={<LinkButton to="/ops/projections">All projections</LinkButton>}
      />
    );
  return (
    <TableFrame label="Projections">
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Projection</th>
            <th scope="col">State</th>
            <th scope="col" className={table.n}>
              Position
            </th>
            <th scope="col" className={table.n}>
              Lag
            </th>
            <th scope="col">Progress</th>
            <th scope="col" className={table.n}>
              Speed
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((projection) => {
            const end = projection.position + projection.lag_events;
            const part = end > 0 ? projection.position / end : 1;
            const speed = speeds.get(projection.name) ?? 0;
            const left =
              speed > 0 && projection.lag_events > 0 ? (projection.lag_events / speed) * 1000 : 0;
            return (
              <tr key={projection.name}>
                <th scope="row">
                  <Link href={`/ops/projections/${projection.name}`}>{projection.name}</Link>
                </th>
                <td>
                  {projection.lag_events === 0 ? (
                    <Signal tone="ok">Live</Signal>
                  ) : part < 1 - REPLAY ? (
                    <Signal tone="run">Replaying</Signal>
                  ) : (
                    <Signal tone="warn">Catching up</Signal>
                  )}
                </td>
                <td className={table.n}>{formatCount(projection.position)}</td>
                <td className={table.n}>{formatCount(projection.lag_events)}</td>
                <td>
                  <span className={css.meterRow}>
                    <progress max={1} value={part} aria-label={`${projection.name} progress`} />
                    <span className="mono small">{percent(part)}</span>
                  </span>
                </td>
                <td className={table.n}>
                  {speed > 0 ? `${formatCount(Math.round(speed))}/s` : "—"}
                  {left > 0 && ` · ${formatDuration(left)} left`}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </TableFrame>
  );
}

function useSpeeds(status: OpsStatus): Map<string, number> {
  const last = useRef<{ status: OpsStatus; at: number; speeds: Map<string, number> } | null>(null);
  if (last.current?.status === status) return last.current.speeds;
  const at = performance.now();
  const speeds = new Map<string, number>();
  const before = last.current;
  if (before) {
    const seconds = (at - before.at) / 1000;
    for (const projection of status.projections) {
      const old = before.status.projections.find((one) => one.name === projection.name);
      if (old && seconds > 0.5)
        speeds.set(projection.name, Math.max(0, (projection.position - old.position) / seconds));
    }
  }
  last.current = { status, at, speeds };
  return speeds;
}

/** Events a second that the log grew by between the last two answers; undefined until there are two. */
export function useRate(status: OpsStatus): number | undefined {
  const last = useRef<{ status: OpsStatus; at: number; rate: number | undefined } | null>(null);
  if (last.current?.status === status) return last.current.rate;
  const at = performance.now();
  const before = last.current;
  const seconds = before ? (at - before.at) / 1000 : 0;
  const rate =
    before && seconds > 0.5
      ? Math.max(0, status.position - before.status.position) / seconds
      : before?.rate;
  last.current = { status, at, rate };
  return rate;
}
