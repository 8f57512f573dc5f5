// The state of the server at a glance: checks, lag, writes, uploads, spool, dead letters.

import { Link } from "wouter";
import type { OpsStatus } from "../../api/contract";
import table from "../../parts/DataTable.module.css";
import { formatBytes, formatCount, formatDuration } from "../../parts/format";
import panel from "../../parts/Panel.module.css";
import { Signal } from "../../parts/Status";
import { TableFrame } from "../../parts/TableFrame";
import { Time } from "../../parts/Time";
import css from "./ops.module.css";
import { Projections, useRate } from "./Projections";

type Tone = "ok" | "bad" | "warn" | "run" | "mute";

const READY: Record<OpsStatus["ready"]["status"], [Tone, string]> = {
  ready: ["ok", "Ready"],
  degraded: ["warn", "Degraded"],
  "not ready": ["bad", "Not ready"],
};

export function OverviewTab({ status }: { status: OpsStatus }) {
  const { ready, uploads, writes } = status;
  const p99 = writes.p99_ms;
  const [tone, word] = READY[ready.status] ?? ["mute", ready.status];
  const rate = useRate(status);
  const broken = ready.checks.filter((check) => !check.ok).length;
  const lag = Math.max(0, ...status.projections.map((projection) => projection.lag_events));
  const behind = status.projections.find((projection) => projection.lag_events === lag);
  const full = uploads.spool_quota_bytes > 0 ? uploads.spool_bytes / uploads.spool_quota_bytes : 0;
  return (
    <div className={css.sections}>
      <div className={css.cards}>
        <Card title="Server" value={word} tone={tone}>
          {broken === 0 ? "all checks pass" : `${broken} of ${ready.checks.length} checks fail`}
        </Card>
        <Card title="Log position" value={formatCount(status.position)} tone="mute">
          {rate === undefined
            ? "events so far"
            : `events so far · ${formatCount(Math.round(rate))} a second`}
        </Card>
        <Card
          title="Largest lag"
          value={formatCount(lag)}
          tone={lag === 0 ? "ok" : lag < 1000 ? "run" : "warn"}
        >
          {lag === 0 ? "read models are current" : `events · ${behind?.name ?? ""}`}
        </Card>
        <Card title="Write latency p99" value={latency(p99)} tone={latencyTone(p99)}>
          {p99 === null
            ? "nothing was written yet"
            : `of the last ${writes.count === 1 ? "write" : `${formatCount(writes.count)} writes`}`}
        </Card>
        <Card
          title="Uploads waiting"
          value={formatCount(uploads.staged)}
          tone={uploads.staged > 0 ? "run" : "ok"}
        >
          {uploads.oldest_staged_at === null ? (
            "nothing waits"
          ) : (
            <>
              the oldest came <Time at={uploads.oldest_staged_at} />
            </>
          )}
        </Card>
        <Card
          title="Upload failures"
          value={formatCount(uploads.failed)}
          tone={uploads.failed > 0 ? "bad" : "ok"}
        >
          {uploads.failed > 0 ? <Link href="/ops/uploads">need attention</Link> : "none"}
        </Card>
        <Card
          title="Dead letters"
          value={formatCount(status.dead_letters)}
          tone={status.dead_letters > 0 ? "bad" : "ok"}
        >
          {status.dead_letters > 0 ? "messages set aside" : "none"}
        </Card>
      </div>
      <section className={css.spool} aria-label="Spool">
        <h2>Spool</h2>
        <div className={css.meterRow}>
          <progress max={1} value={Math.min(1, full)} aria-label="Spool in use" />
          <span className="mono">
            {formatBytes(uploads.spool_bytes)}
            {uploads.spool_quota_bytes > 0 && ` of ${formatBytes(uploads.spool_quota_bytes)}`}
          </span>
          {full > 0.8 && (
            <Signal tone={full > 0.95 ? "bad" : "warn"}>{Math.round(full * 100)} % full</Signal>
          )}
        </div>
        <p className="muted small">Bytes that were received and wait for the artifact store.</p>
      </section>
      <section aria-label="Checks">
        <h2>Checks</h2>
        <TableFrame label="Checks">
          <table className={table.table}>
            <thead>
              <tr>
                <th scope="col">Check</th>
                <th scope="col">State</th>
                <th scope="col">Detail</th>
              </tr>
            </thead>
            <tbody>
              {ready.checks.map((check) => (
                <tr key={check.name}>
                  <th scope="row">{check.name}</th>
                  <td>
                    <Signal tone={check.ok ? "ok" : check.essential ? "bad" : "warn"}>
                      {check.ok ? "Passes" : check.essential ? "Fails" : "Fails, not essential"}
                    </Signal>
                  </td>
                  <td className={table.wrap}>{check.detail || "—"}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </TableFrame>
      </section>
      <section aria-label="Projections">
        <h2>Projections</h2>
        <Projections status={status} />
      </section>
    </div>
  );
}

/** Below ten milliseconds the tenths tell something. */
function latency(ms: number | null): string {
  if (ms === null) return "—";
  return ms < 10 ? `${ms.toFixed(1)} ms` : formatDuration(ms);
}

function latencyTone(ms: number | null): Tone {
  if (ms === null) return "mute";
  return ms < 100 ? "ok" : ms < 1000 ? "run" : "warn";
}

function Card({
  title,
  value,
  tone,
  children,
}: {
  title: string;
  value: string;
  tone: Tone;
  children: React.ReactNode;
}) {
  return (
    <section className={`${panel.card} ${css.card}`} aria-label={title}>
      <div className="muted small">{title}</div>
      <div className={css.stat}>{value}</div>
      <Signal tone={tone}>{children}</Signal>
    </section>
  );
}
