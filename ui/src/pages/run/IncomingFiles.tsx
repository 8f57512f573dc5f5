// Files of the run whose bytes are arriving at the server. Only then they have a state and can be opened.
import type { IncomingUpload } from "../../api/contract";
import { ByteProgress } from "../../parts/Progress";
import css from "./artifacts.module.css";

export function IncomingFiles({ uploads }: { uploads: readonly IncomingUpload[] }) {
  if (uploads.length === 0) return null;
  return (
    <section aria-label="Arriving" className={css.incoming}>
      <h2>Arriving</h2>
      <ul className={css.entries}>
        {uploads.map((upload) => (
          <li key={`${upload.path} ${upload.begun}`} className={css.arriving}>
            <span className={css.entryName} title={upload.path}>
              {upload.path}
            </span>
            <ByteProgress done={upload.received} of={upload.size} label={upload.path} />
          </li>
        ))}
      </ul>
    </section>
  );
}
