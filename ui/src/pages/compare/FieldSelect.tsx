// Chooses one field (a parameter or a metric) of the compared runs. Of thousands the first are listed, and a search finds the rest.
import { useState } from "react";
import { formatCount } from "../../parts/format";

const MOST = 300;

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
  const [search, setSearch] = useState("");
  const wanted = search.toLowerCase();
  const found = wanted === "" ? fields : fields.filter((one) => one.toLowerCase().includes(wanted));
  const listed = found.slice(0, MOST);
  // What is chosen stays in sight, whatever is searched for.
  if (value !== "" && !listed.includes(value)) listed.unshift(value);
  const groups: [string, string][] = [
    ["params.", "Parameters"],
    ["metrics.", "Metrics (last value)"],
  ];
  const select = (
    <label>
      {label}{" "}
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        {value === "" && <option value="">Choose…</option>}
        {groups.map(([prefix, title]) => (
          <optgroup key={prefix} label={title}>
            {listed
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
  if (fields.length <= MOST) return select;
  return (
    <>
      {select}
      <input
        type="search"
        aria-label={`Search fields for ${label}`}
        placeholder={`Search ${formatCount(fields.length)} fields`}
        value={search}
        onChange={(event) => setSearch(event.target.value)}
      />
    </>
  );
}
