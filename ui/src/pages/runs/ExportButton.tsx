// Exports the table as it is filtered and sorted; shows how far it is, and can be stopped.
import { useEffect, useRef, useState } from "react";
import { errorText } from "../../api/client";
import { useNarrow } from "../../app/narrow";
import { Button } from "../../parts/Button";
import { Icon } from "../../parts/Icon";
import { toast } from "../../parts/Toast";
import type { Column } from "./columns";
import { exportCsv } from "./export";
import type { RowStore } from "./row-store";

export function ExportButton({
  windows,
  columns,
  name,
}: {
  windows: RowStore;
  columns: Column[];
  name: string;
}) {
  const narrow = useNarrow();
  const [done, setDone] = useState<number | undefined>();
  const abort = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => abort.current?.abort(), []);

  const start = () => {
    const query = windows.exportQuery();
    if (!query) return;
    const controller = new AbortController();
    abort.current = controller;
    setDone(0);
    exportCsv(
      query,
      columns,
      name,
      (rows, of) => setDone(of === 0 ? 1 : rows / of),
      controller.signal,
    )
      .catch((error: unknown) => {
        if (!controller.signal.aborted)
          toast({ message: `The export failed: ${errorText(error)}`, tone: "bad" });
      })
      .finally(() => setDone(undefined));
  };

  if (done !== undefined)
    return (
      <Button size="small" onClick={() => abort.current?.abort()}>
        <Icon name="close" size={14} /> {narrow ? "Stop" : "Stop export"} ({Math.floor(done * 100)}{" "}
        %)
      </Button>
    );
  return (
    <Button size="small" onClick={start} title="All matching runs with the columns shown">
      <Icon name="download" size={14} /> {narrow ? "CSV" : "Export CSV"}
    </Button>
  );
}
