// What differs between two texts, line by line: the shortest list of changes (Myers 1986), as rows of two columns. Pure.

export interface DiffRow {
  kind: "same" | "changed" | "removed" | "added";
  /** Line number, counted from 1, and text. */
  left?: [number, string];
  right?: [number, string];
}

export interface Diff {
  rows: DiffRow[];
  /** False where the texts have so little in common that all between their equal ends counts as changed. */
  aligned: boolean;
}

/** More changes than this are not looked for: nobody reads them, and finding them takes long. */
const MOST_CHANGES = 1000;

export function linesOf(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r/);
  // A line end at the end of a file begins no line.
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

export function diffLines(
  a: readonly string[],
  b: readonly string[],
  most: number = MOST_CHANGES,
): Diff {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (
    tail < a.length - head &&
    tail < b.length - head &&
    a[a.length - 1 - tail] === b[b.length - 1 - tail]
  )
    tail += 1;
  const inner = script(a.slice(head, a.length - tail), b.slice(head, b.length - tail), most);
  const rows: DiffRow[] = [];
  const same = (left: number, right: number) =>
    rows.push({
      kind: "same",
      left: [left + 1, a[left] ?? ""],
      right: [right + 1, b[right] ?? ""],
    });
  for (let at = 0; at < head; at++) same(at, at);
  let [left, right] = [head, head];
  for (const [equal, removed, added] of inner.runs) {
    for (let at = 0; at < equal; at++) same(left++, right++);
    for (let at = 0; at < Math.max(removed, added); at++) {
      const from = at < removed ? { left: [left + at + 1, a[left + at] ?? ""] as const } : {};
      const to = at < added ? { right: [right + at + 1, b[right + at] ?? ""] as const } : {};
      const kind = at >= added ? "removed" : at >= removed ? "added" : "changed";
      rows.push({ kind, ...from, ...to } as DiffRow);
    }
    left += removed;
    right += added;
  }
  for (let at = 0; at < tail; at++) same(left++, right++);
  return { rows, aligned: inner.aligned };
}

/** Equal lines, then removed ones, then added ones; again and again. */
type Run = [equal: number, removed: number, added: number];

function script(
  a: readonly string[],
  b: readonly string[],
  most: number,
): { runs: Run[]; aligned: boolean } {
  const trace = forward(a, b, most);
  if (!trace) return { runs: [[0, a.length, b.length]], aligned: false };
  // From the end back to the beginning, one change at a time.
  const steps: ("same" | "removed" | "added")[] = [];
  let [x, y] = [a.length, b.length];
  for (let d = trace.length - 1; d >= 0; d--) {
    const before = trace[d - 1];
    const k = x - y;
    const down = d > 0 && before !== undefined && isDown(before, d, k);
    const fromK = down ? k + 1 : k - 1;
    const fromX = before === undefined ? 0 : reach(before, d - 1, fromK);
    const startX = d === 0 ? 0 : down ? fromX : fromX + 1;
    while (x > startX) {
      steps.push("same");
      x -= 1;
      y -= 1;
    }
    if (d === 0) break;
    steps.push(down ? "added" : "removed");
    x = fromX;
    y = fromX - fromK;
  }
  const runs: Run[] = [];
  let run: Run = [0, 0, 0];
  for (const step of steps.reverse()) {
    if (step === "same" && (run[1] > 0 || run[2] > 0)) {
      runs.push(run);
      run = [0, 0, 0];
    }
    run[step === "same" ? 0 : step === "removed" ? 1 : 2] += 1;
  }
  runs.push(run);
  return { runs, aligned: true };
}

/** How far one comes in `a` on each diagonal from -d to d with d changes, for each d; undefined when they are too many. */
function forward(
  a: readonly string[],
  b: readonly string[],
  most: number,
): Int32Array[] | undefined {
  const trace: Int32Array[] = [];
  for (let d = 0; d <= Math.min(most, a.length + b.length); d++) {
    const reached = new Int32Array(2 * d + 1);
    const before = trace[d - 1];
    for (let k = -d; k <= d; k += 2) {
      let x = 0;
      if (before)
        x = isDown(before, d, k) ? reach(before, d - 1, k + 1) : reach(before, d - 1, k - 1) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      reached[k + d] = x;
      if (x >= a.length && x - k >= b.length) return [...trace, reached];
    }
    trace.push(reached);
  }
  return undefined;
}

function reach(reached: Int32Array, d: number, k: number): number {
  return reached[k + d] ?? 0;
}

/** Whether the farther way to diagonal k with d changes comes by adding a line. */
function isDown(before: Int32Array, d: number, k: number): boolean {
  return k === -d || (k !== d && reach(before, d - 1, k - 1) < reach(before, d - 1, k + 1));
}

export type Folded = DiffRow | { kind: "gap"; rows: DiffRow[] };

/** Equal lines farther from a change than `context` are taken together, unless they are few. */
export function fold(rows: readonly DiffRow[], context = 3): Folded[] {
  const folded: Folded[] = [];
  let at = 0;
  while (at < rows.length) {
    let end = at;
    while (end < rows.length && rows[end]?.kind === "same") end += 1;
    const first = at === 0 ? at : Math.min(end, at + context);
    const last = end === rows.length ? end : Math.max(first, end - context);
    folded.push(...rows.slice(at, first));
    if (last - first > 1) folded.push({ kind: "gap", rows: rows.slice(first, last) });
    else folded.push(...rows.slice(first, last));
    folded.push(...rows.slice(last, end));
    while (end < rows.length && rows[end]?.kind !== "same") folded.push(rows[end++] as DiffRow);
    at = end;
  }
  return folded;
}

/** Where two lines differ: the lengths of their equal beginning and end. */
export function innerChange(a: string, b: string): [head: number, tail: number] {
  const most = Math.min(a.length, b.length);
  let head = 0;
  while (head < most && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < most - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  return [head, tail];
}
