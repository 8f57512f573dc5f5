// The bytes of an artifact for its preview: the head of a large file by a range request, or all of a small one.
import { ApiError, artifactUrl } from "../../api/client";

export interface Head {
  bytes: ArrayBuffer;
  /** True when the file goes on after these bytes. */
  cut: boolean;
}

export async function fetchHead(
  runId: string,
  path: string,
  limit: number,
  signal: AbortSignal,
): Promise<Head> {
  const response = await fetch(artifactUrl(runId, path), {
    headers: { range: `bytes=0-${limit - 1}` },
    credentials: "same-origin",
    signal,
  });
  // An empty file has no first byte, so the range cannot be met.
  if (response.status === 416) return { bytes: new ArrayBuffer(0), cut: false };
  if (!response.ok) throw await refusal(response);
  if (response.status === 206) {
    const total = Number(
      /\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1] ?? Number.NaN,
    );
    const bytes = await response.arrayBuffer();
    return {
      bytes,
      cut: Number.isNaN(total) ? bytes.byteLength >= limit : bytes.byteLength < total,
    };
  }
  return readUpTo(response, limit);
}

/** The bytes from `start` up to, not including, `end`. Refused where the server or a proxy has no ranges. */
export async function fetchRange(
  runId: string,
  path: string,
  start: number,
  end: number,
  signal: AbortSignal,
): Promise<ArrayBuffer> {
  const response = await fetch(artifactUrl(runId, path), {
    headers: { range: `bytes=${start}-${end - 1}` },
    credentials: "same-origin",
    signal,
  });
  if (!response.ok) throw await refusal(response);
  if (response.status !== 206) {
    // Reading on would download the whole file, which may be of any size.
    await response.body?.cancel();
    throw new ApiError("Parts of the file cannot be fetched from this server", 200, "NO_RANGES");
  }
  return response.arrayBuffer();
}

/** A server or proxy without ranges sends everything; reading stops at the limit. */
async function readUpTo(response: Response, limit: number): Promise<Head> {
  const reader = response.body?.getReader();
  if (!reader) return { bytes: await response.arrayBuffer(), cut: false };
  const parts: Uint8Array[] = [];
  let size = 0;
  let ended = false;
  while (size < limit && !ended) {
    const { done, value } = await reader.read();
    ended = done;
    if (value) {
      parts.push(value);
      size += value.byteLength;
    }
  }
  if (!ended) await reader.cancel();
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.byteLength;
  }
  return { bytes: all.slice(0, limit).buffer, cut: !ended || size > limit };
}

async function refusal(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => "");
  try {
    const body = JSON.parse(text) as { message?: string; error_code?: string; request_id?: string };
    if (body.message)
      return new ApiError(
        body.message,
        response.status,
        body.error_code ?? "HTTP",
        body.request_id,
      );
  } catch {
    // Not our JSON: the status says what is known.
  }
  return new ApiError(`The server answered ${response.status}`, response.status, "HTTP");
}

/** Text of a head; a character that was cut in half at the end is left out. */
export function decodeText(head: Head): string {
  return new TextDecoder("utf-8").decode(head.bytes, { stream: head.cut });
}

/** Bytes that no text has tell that a preview as text would be noise. */
export function looksBinary(head: Head): boolean {
  return new Uint8Array(head.bytes).subarray(0, 4096).includes(0);
}

/** JSON with its parts on lines of their own; as it stands where it is none, or would not be the same. */
export function prettyJson(text: string): string {
  // Formatting by way of numbers would change those that a double cannot hold.
  if (/\d{16}/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
