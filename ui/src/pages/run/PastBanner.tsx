// Says that the page shows the past, and leads back.
import type { Milestone } from "../../api/contract";
import { Button } from "../../parts/Button";
import { formatCount, formatDateTime } from "../../parts/format";
import { Icon } from "../../parts/Icon";
import css from "./run.module.css";

export function PastBanner({ asOf, onBack }: { asOf: Milestone; onBack: () => void }) {
  return (
    <div className={`${css.banner} ${css.past}`} role="status">
      <Icon name="restore" />
      <span>
        As of {formatDateTime(asOf.at)}, event {formatCount(asOf.position)}. Nothing can be changed
        here; artifacts are shown as they are now.
      </span>
      <Button size="small" onClick={onBack}>
        Back to live
      </Button>
    </div>
  );
}
