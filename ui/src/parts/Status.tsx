// The status of a run: a sign, a word and a colour, never colour alone.
import type { RunStatus } from "../api/contract";
import css from "./Status.module.css";

const looks: Record<RunStatus, { sign: string; word: string; tone: string }> = {
  RUNNING: { sign: "●", word: "Running", tone: "run" },
  SCHEDULED: { sign: "○", word: "Scheduled", tone: "mute" },
  FINISHED: { sign: "✓", word: "Finished", tone: "ok" },
  FAILED: { sign: "✕", word: "Failed", tone: "bad" },
  KILLED: { sign: "■", word: "Killed", tone: "mute" },
};

export function Status({ status, deleted = false }: { status: RunStatus; deleted?: boolean }) {
  const look = looks[status] ?? { sign: "?", word: status, tone: "mute" };
  return (
    <span className={`${css.status} ${css[look.tone]}`}>
      <span aria-hidden="true" className={css.sign}>
        {look.sign}
      </span>
      {look.word}
      {deleted && <span className={css.deleted}>deleted</span>}
    </span>
  );
}

/** The same three signals for anything else: `ok`, `bad`, `warn`, `run`, `mute`. */
export function Signal({
  tone,
  children,
}: {
  tone: "ok" | "bad" | "warn" | "run" | "mute";
  children: React.ReactNode;
}) {
  const sign = { ok: "✓", bad: "✕", warn: "▲", run: "●", mute: "○" }[tone];
  return (
    <span className={`${css.status} ${css[tone]}`}>
      <span aria-hidden="true" className={css.sign}>
        {sign}
      </span>
      {children}
    </span>
  );
}
