// The axes of parallel coordinates as a list: order, logarithmic scale, and removal.
import { Button } from "../../parts/Button";
import { Icon } from "../../parts/Icon";
import css from "./compare.module.css";

export function ParallelAxes({
  axes,
  logs,
  onLogs,
  onFields,
}: {
  axes: readonly { field: string; numeric: boolean }[];
  logs: ReadonlySet<string>;
  onLogs: (logs: readonly string[]) => void;
  onFields: (fields: readonly string[]) => void;
}) {
  const fields = axes.map((one) => one.field);
  function move(index: number, by: number) {
    const next = [...fields];
    const [field] = next.splice(index, 1);
    if (field !== undefined) next.splice(index + by, 0, field);
    onFields(next);
  }
  return (
    <ul className={css.axes} aria-label="Axes">
      {axes.map(({ field, numeric }, index) => (
        <li key={field}>
          <span className="mono">{field}</span>
          {numeric && (
            <Button
              size="small"
              aria-pressed={logs.has(field)}
              aria-label={`${field}: log scale`}
              onClick={() =>
                onLogs(
                  logs.has(field) ? [...logs].filter((one) => one !== field) : [...logs, field],
                )
              }
            >
              log
            </Button>
          )}
          <Button
            size="small"
            kind="quiet"
            aria-label={`Move ${field} left`}
            disabled={index === 0}
            onClick={() => move(index, -1)}
          >
            <Icon name="left" size={12} />
          </Button>
          <Button
            size="small"
            kind="quiet"
            aria-label={`Move ${field} right`}
            disabled={index === axes.length - 1}
            onClick={() => move(index, 1)}
          >
            <Icon name="right" size={12} />
          </Button>
          <Button
            size="small"
            kind="quiet"
            aria-label={`Remove ${field}`}
            onClick={() => onFields(fields.filter((one) => one !== field))}
          >
            <Icon name="close" size={12} />
          </Button>
        </li>
      ))}
    </ul>
  );
}
