// Chooses one field (a parameter or a metric) of the compared runs.
export function FieldSelect({
  label,
  fields,
  value,
  onChange,
}: {
  label: string;
  fields: readonly string[];
  value: string;
  onChange: (field: string) => void;
}) {
  const groups: [string, string][] = [
    ["params.", "Parameters"],
    ["metrics.", "Metrics (last value)"],
  ];
  return (
    <label>
      {label}{" "}
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        {value === "" && <option value="">Choose…</option>}
        {groups.map(([prefix, title]) => (
          <optgroup key={prefix} label={title}>
            {fields
              .filter((field) => field.startsWith(prefix))
              .map((field) => (
                <option key={field} value={field}>
                  {field.slice(prefix.length)}
                </option>
              ))}
          </optgroup>
        ))}
      </select>
    </label>
  );
}
