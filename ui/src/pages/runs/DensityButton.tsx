// How high the rows are: one step on with each click. In the address, so that a view keeps it.
import { type Density, usePreferences } from "../../app/theme";
import { Button } from "../../parts/Button";
import { Icon } from "../../parts/Icon";

const next: Record<Density, Density> = { compact: "normal", normal: "cosy", cosy: "compact" };

export function DensityButton({
  density,
  onChange,
}: {
  /** Undefined: as this browser prefers. */
  density: Density | undefined;
  onChange: (density: Density) => void;
}) {
  const preferred = usePreferences().density;
  const now = density ?? preferred;
  return (
    <Button
      aria-label={`Rows: ${now}. Change to ${next[now]}`}
      title={`Rows: ${now}`}
      onClick={() => onChange(next[now])}
    >
      <Icon name="rows" size={14} />
    </Button>
  );
}
