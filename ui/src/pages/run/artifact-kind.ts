// How an artifact is previewed, by its name. Pure.
import { baseName } from "../../parts/paths";

export type ArtifactKind =
  | "image"
  | "json"
  | "geojson"
  | "csv"
  | "markdown"
  | "html"
  | "parquet"
  | "pdf"
  | "audio"
  | "video"
  | "text"
  | "unknown"
  | "none";

const IMAGES: Record<string, string> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  avif: "image/avif",
  bmp: "image/bmp",
  ico: "image/x-icon",
  svg: "image/svg+xml",
};
/** What browsers may be able to play; the player itself says when it is not. */
const AUDIO: Record<string, string> = {
  mp3: "audio/mpeg",
  wav: "audio/wav",
  ogg: "audio/ogg",
  oga: "audio/ogg",
  opus: "audio/ogg",
  flac: "audio/flac",
  m4a: "audio/mp4",
  aac: "audio/aac",
  weba: "audio/webm",
};
const VIDEO: Record<string, string> = {
  mp4: "video/mp4",
  m4v: "video/mp4",
  webm: "video/webm",
  ogv: "video/ogg",
  mov: "video/quicktime",
};
const TEXT = new Set(
  "txt log out err py ipynb r jl sh bash js ts css xml yaml yml toml ini cfg conf sql rst tex env properties diff patch rs go c h cpp java jsonl ndjson mlmodel requirements".split(
    " ",
  ),
);
/** Known not to be text, so nothing is fetched to find out. */
const BINARY = new Set(
  "bin ckpt pt pth pkl pickle h5 hdf5 onnx pb npz npy arrow feather zip gz tar tgz bz2 xz zst safetensors joblib so dll exe avi mkv model".split(
    " ",
  ),
);

/**
 * The path of the artifact that an address names. The router decodes an address as a whole, which cannot tell a `#` in a
 * name from one that was written as `%23`; so it is read here, part by part.
 */
export function pathInAddress(pathname: string, runId: string, fallback: string): string {
  const before = `/runs/${runId}/artifacts/`;
  const at = pathname.indexOf(before);
  if (at < 0) return fallback;
  const path = pathname.slice(at + before.length).replace(/\/$/, "");
  try {
    return path.split("/").map(decodeURIComponent).join("/");
  } catch {
    // Typed by hand and not an encoding at all: then it is meant as it stands.
    return path;
  }
}

export function extensionOf(path: string): string {
  const name = baseName(path);
  const dot = name.lastIndexOf(".");
  return (dot > 0 ? name.slice(dot + 1) : name).toLowerCase();
}

export function kindOf(path: string): ArtifactKind {
  const extension = extensionOf(path);
  if (Object.hasOwn(IMAGES, extension)) return "image";
  if (extension === "json") return "json";
  if (extension === "geojson") return "geojson";
  if (extension === "csv" || extension === "tsv") return "csv";
  if (extension === "md" || extension === "markdown") return "markdown";
  if (extension === "html" || extension === "htm") return "html";
  if (extension === "parquet" || extension === "pq") return "parquet";
  if (extension === "pdf") return "pdf";
  if (Object.hasOwn(AUDIO, extension)) return "audio";
  if (Object.hasOwn(VIDEO, extension)) return "video";
  if (TEXT.has(extension)) return "text";
  return BINARY.has(extension) ? "none" : "unknown";
}

/** The type that a blob of the file gets: one that is shown or played, so that a blob is never opened as a page. */
export function blobType(path: string): string {
  const extension = extensionOf(path);
  if (extension === "pdf") return "application/pdf";
  for (const types of [IMAGES, AUDIO, VIDEO]) {
    const type = Object.hasOwn(types, extension) ? types[extension] : undefined;
    if (type) return type;
  }
  return "application/octet-stream";
}

const MB = 1000 * 1000;
const HEAD = 256 * 1024;
/** JSON, GeoJSON, Markdown and HTML make sense only as a whole. */
const WHOLE = 2 * 1024 * 1024;
/** From here on nothing is fetched before somebody asks for it. */
const ASK = 5 * MB;

export interface PreviewPlan {
  /**
   * - `fetch`: the first `limit` bytes at once
   * - `ask`: the same, but only after a click
   * - `large`: more than a preview can hold
   * - `none`: a type that has no preview
   * - `ranges`: the preview asks for the parts that it needs by itself
   */
  how: "fetch" | "ask" | "large" | "none" | "ranges";
  limit: number;
}

/** What is fetched for the preview of a file, by its kind and its size. */
export function planPreview(kind: ArtifactKind, size: number | null): PreviewPlan {
  if (kind === "none") return { how: "none", limit: 0 };
  if (kind === "parquet") return { how: "ranges", limit: 0 };
  const large = (size ?? 0) > ASK;
  const whole = wholeLimit(kind);
  if (whole !== undefined) {
    if ((size ?? 0) > whole) return { how: "large", limit: whole };
    return { how: large ? "ask" : "fetch", limit: whole };
  }
  if (large) return { how: "ask", limit: HEAD };
  const structured =
    kind === "json" || kind === "geojson" || kind === "markdown" || kind === "html";
  return { how: "fetch", limit: structured ? WHOLE : HEAD };
}

/** Kinds of which a part is worth nothing. */
export function isWhole(kind: ArtifactKind): boolean {
  return kind === "image" || kind === "pdf" || kind === "audio" || kind === "video";
}

/** The most that is held in memory for a file of which a part is worth nothing. */
function wholeLimit(kind: ArtifactKind): number | undefined {
  if (!isWhole(kind)) return undefined;
  return kind === "image" ? 20 * MB : 50 * MB;
}
