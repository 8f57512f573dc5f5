// The address of a comparison.
import { keepSelection } from "../../api/queries";

/** More runs than this are kept by the server under a short id: an address of 2 kB is the longest that everything takes. */
const INLINE = 50;
/** As many as the server keeps in a selection. */
export const MOST_COMPARED = 200;

/** The parameter of the address that says these runs. */
export async function withRuns(ids: readonly string[]): Promise<["runs" | "set", string]> {
  if (ids.length <= INLINE) return ["runs", ids.join(",")];
  const { selection_id } = await keepSelection(ids);
  return ["set", selection_id];
}

/** Where these runs are compared. */
export async function compareAddress(ids: readonly string[]): Promise<string> {
  const [name, value] = await withRuns(ids);
  // Commas stay as they are: they are legible, and no id has one.
  return `/compare?${name}=${value.split(",").map(encodeURIComponent).join(",")}`;
}
