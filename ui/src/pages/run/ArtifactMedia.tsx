// Pictures, sound, films and PDF files, from bytes that are already here. They are shown by the browser out of a blob with
// a type of our choosing, so that a file which lies about its type cannot become a page of this application.

import { useEffect, useState } from "react";
import { EmptyState } from "../../parts/EmptyState";
import panel from "../../parts/Panel.module.css";
import type { Head } from "./artifact-bytes";
import { blobType, extensionOf } from "./artifact-kind";
import css from "./artifacts.module.css";

/** An address for the bytes as long as the component lives. */
function useBlobUrl(head: Head, type: string): string | null {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([head.bytes], { type }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [head, type]);
  return url;
}

/**
 * An SVG may hold scripts. As an image they never run, and in a data URL they have no origin of ours even when somebody
 * opens the image in a tab of its own.
 */
function useDataUrl(head: Head, type: string): string | null {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    const reader = new FileReader();
    reader.onload = () => setUrl(String(reader.result));
    reader.readAsDataURL(new Blob([head.bytes], { type }));
    return () => reader.abort();
  }, [head, type]);
  return url;
}

interface Props {
  path: string;
  head: Head;
}

export function Picture(props: Props) {
  return extensionOf(props.path) === "svg" ? <Svg {...props} /> : <Bitmap {...props} />;
}

function Bitmap({ path, head }: Props) {
  return <Image path={path} url={useBlobUrl(head, blobType(path))} />;
}

function Svg({ path, head }: Props) {
  return <Image path={path} url={useDataUrl(head, blobType(path))} />;
}

function Image({ path, url }: { path: string; url: string | null }) {
  const [broken, setBroken] = useState(false);
  const [natural, setNatural] = useState("");
  if (broken)
    return <EmptyState title="The picture cannot be shown">The file may be damaged.</EmptyState>;
  if (!url) return null;
  return (
    <figure className={css.figure}>
      <img
        src={url}
        alt={path}
        onError={() => setBroken(true)}
        onLoad={(event) =>
          setNatural(`${event.currentTarget.naturalWidth} × ${event.currentTarget.naturalHeight}`)
        }
      />
      <figcaption className="muted small">{natural}</figcaption>
    </figure>
  );
}

/** Sound or film with the controls of the browser; nothing plays by itself. */
export function Player({ path, head, film }: Props & { film: boolean }) {
  const type = blobType(path);
  const url = useBlobUrl(head, type);
  const [broken, setBroken] = useState(false);
  if (broken)
    return (
      <EmptyState title="This browser cannot play the file">
        It can be downloaded and played with another program.
      </EmptyState>
    );
  if (!url) return null;
  const shared = {
    src: url,
    controls: true,
    preload: "metadata",
    "aria-label": path,
    onError: () => setBroken(true),
  };
  return film ? (
    <video className={css.film} {...shared} />
  ) : (
    <audio className={css.sound} {...shared} />
  );
}

const SIGNATURE = "%PDF-";

/** The browser's own viewer. It has to be asked whether there is one; without it a frame would start a download. */
export function Pdf({ path, head }: Props) {
  const url = useBlobUrl(head, "application/pdf");
  // Readers accept a few bytes of anything before the signature.
  const start = new TextDecoder("latin1").decode(new Uint8Array(head.bytes).subarray(0, 1024));
  if (!start.includes(SIGNATURE))
    return (
      <EmptyState title="No preview">The file is not a PDF, whatever its name says.</EmptyState>
    );
  if (!navigator.pdfViewerEnabled)
    return <EmptyState title="This browser shows no PDF">The file can be downloaded.</EmptyState>;
  return url && <iframe className={`${panel.frame} ${css.frame}`} title={path} src={url} />;
}
