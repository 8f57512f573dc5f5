// Uploads whose bytes are arriving at this process, before the log knows of them.
import { Link } from "wouter";
import type { IncomingUpload } from "../../api/contract";
import table from "../../parts/DataTable.module.css";
import { ByteProgress } from "../../parts/Progress";
import { TableFrame } from "../../parts/TableFrame";
import { Time } from "../../parts/Time";
import { artifactName, subjectOf } from "../activity/describe";
import css from "./ops.module.css";

export function IncomingUploads({ uploads }: { uploads: readonly IncomingUpload[] }) {
  if (uploads.length === 0) return null;
  return (
    <section aria-label="Arriving">
      <div className={css.sectionHead}>
        <h2>
          Arriving <span className="muted">{uploads.length}</span>
        </h2>
      </div>
      <TableFrame label="Uploads that arrive">
        <table className={table.table}>
          <thead>
            <tr>
              <th scope="col">Artifact</th>
              <th scope="col">Run</th>
              <th scope="col">Received</th>
              <th scope="col">Began</th>
            </tr>
          </thead>
          <tbody>
            {uploads.map((upload) => {
              const run = subjectOf(`artifact/${upload.path}`);
              return (
                <tr key={`${upload.path} ${upload.begun}`}>
                  <th scope="row" title={upload.path}>
                    {artifactName(upload.path)}
                  </th>
                  <td>{run ? <Link href={run.to}>{run.label}</Link> : "—"}</td>
                  <td>
                    <ByteProgress done={upload.received} of={upload.size} label={upload.path} />
                  </td>
                  <td>
                    <Time at={upload.begun} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </TableFrame>
    </section>
  );
}
