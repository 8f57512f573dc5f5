// A run in a comparison: what is known of it, and its colour there.
import type { RunDetail } from "../../api/contract";
import type { LineStyle } from "../../charts/palette";

export interface ComparedRun {
  detail: RunDetail;
  style: LineStyle;
}
