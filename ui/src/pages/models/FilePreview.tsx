// One file of a model: download, and the same preview as the artifacts of a run have.
import { artifactUrl } from "../../api/client";
import { buttonClass } from "../../parts/Button";
import { Copy } from "../../parts/Copy";
import { Icon } from "../../parts/Icon";
import { ArtifactPreview } from "../run/ArtifactPreview";
import look from "../run/artifacts.module.css";
import { type FileEntry, whereIs } from "./files";
import type { FilePlace } from "./source";

export function FilePreview({ place, entry }: { place: FilePlace; entry: FileEntry }) {
  const { owner, path } = whereIs(place, entry.path);
  return (
    <article className={look.file} aria-label={entry.path}>
      <header className={look.fileHead}>
        <h3 className={look.fileName}>
          {entry.path} <Copy text={entry.path} />
        </h3>
        <a className={buttonClass({ size: "small" })} href={artifactUrl(owner, path)} download>
          <Icon name="download" size={14} /> Download
        </a>
      </header>
      {/* The preview asks only for addresses of artifacts, which logged models have too. */}
      <ArtifactPreview runId={owner} path={path} size={entry.size} />
    </article>
  );
}
