// What a Parquet file says about itself, made readable: columns with their types, which of them fit into a preview, and
// values as text without losing digits. Pure.
import type { FileMetaData, RowGroup, SchemaElement } from "hyparquet";

export interface ParquetColumn {
  /** Dotted path; names of nested columns follow those of their parent. */
  path: string;
  depth: number;
  type: string;
  nullable: boolean;
}

/** All columns in the order of the file, groups before what is in them. */
export function schemaColumns(schema: readonly SchemaElement[]): ParquetColumn[] {
  const columns: ParquetColumn[] = [];
  let index = 1;
  function children(parent: SchemaElement | undefined, path: string, depth: number): void {
    for (let left = parent?.num_children ?? 0; left > 0; left--) {
      const element = schema[index];
      if (!element) return;
      index += 1;
      const own = path === "" ? element.name : `${path}.${element.name}`;
      columns.push({
        path: own,
        depth,
        type: typeName(element),
        nullable: element.repetition_type !== "REQUIRED",
      });
      children(element, own, depth + 1);
    }
  }
  children(schema[0], "", 0);
  return columns;
}

/** The logical type where there is one, else the physical one. */
export function typeName(element: SchemaElement): string {
  const repeated = element.repetition_type === "REPEATED" ? "repeated " : "";
  return repeated + ownType(element);
}

function ownType(element: SchemaElement): string {
  const logical = element.logical_type;
  if (!logical) return physicalType(element);
  switch (logical.type) {
    case "DECIMAL":
      return `decimal(${logical.precision}, ${logical.scale})`;
    case "TIMESTAMP":
    case "TIME":
      return `${logical.type.toLowerCase()}(${logical.unit.toLowerCase()}${logical.isAdjustedToUTC ? ", UTC" : ""})`;
    case "INTEGER":
      return `${logical.isSigned ? "int" : "uint"}${logical.bitWidth}`;
    default:
      return logical.type.toLowerCase();
  }
}

/** For files of writers that know no logical types. */
function physicalType(element: SchemaElement): string {
  if (element.converted_type === "UTF8") return "string";
  if (element.converted_type === "DECIMAL")
    return `decimal(${element.precision ?? "?"}, ${element.scale ?? 0})`;
  const name = element.converted_type ?? element.type;
  if (name === undefined) return "group";
  return name === "FIXED_LEN_BYTE_ARRAY"
    ? `bytes(${element.type_length ?? "?"})`
    : name.toLowerCase().replace("byte_array", "bytes");
}

export interface ColumnChoice {
  /** Top-level columns of which rows are read, in the order of the file. */
  columns: string[];
  /** How many were left out because there are too many or they are too large. */
  left: number;
  /** What compressed the chosen columns. */
  codecs: Set<string>;
}

/** The first top-level columns of a row group that are together at most `budget` bytes and at most `most` columns. */
export function chooseColumns(
  metadata: FileMetaData,
  group: RowGroup,
  budget: number,
  most: number,
): ColumnChoice {
  const sizes = new Map<string, { bytes: number; codecs: string[] }>();
  for (const column of schemaColumns(metadata.schema))
    if (column.depth === 0) sizes.set(column.path, { bytes: 0, codecs: [] });
  for (const chunk of group.columns) {
    const name = chunk.meta_data?.path_in_schema[0];
    const known = name === undefined ? undefined : sizes.get(name);
    if (!chunk.meta_data || !known) continue;
    known.bytes += Number(chunk.meta_data.total_compressed_size);
    known.codecs.push(chunk.meta_data.codec);
  }
  const choice: ColumnChoice = { columns: [], left: 0, codecs: new Set() };
  let used = 0;
  for (const [name, { bytes, codecs }] of sizes) {
    if (choice.columns.length >= most || used + bytes > budget) {
      choice.left += 1;
      continue;
    }
    used += bytes;
    choice.columns.push(name);
    for (const codec of codecs) choice.codecs.add(codec);
  }
  return choice;
}

/** `count` units after the epoch, `perSecond` of them in a second, as UTC with all its digits. */
export function timestampText(count: bigint, perSecond: bigint): string {
  let seconds = count / perSecond;
  let rest = count % perSecond;
  if (rest < 0n) {
    rest += perSecond;
    seconds -= 1n;
  }
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) return String(count);
  const digits = String(perSecond).length - 1;
  const fraction = rest === 0n ? "" : `.${String(rest).padStart(digits, "0")}`;
  return date.toISOString().slice(0, -5).replace("T", " ") + fraction;
}

export function dateText(days: number): string {
  const date = new Date(days * 86_400_000);
  return Number.isNaN(date.getTime()) ? String(days) : date.toISOString().slice(0, -14);
}

/** Scales of the decimal columns that are not nested, by their names. */
export function decimalScales(schema: readonly SchemaElement[]): Map<string, number> {
  const scales = new Map<string, number>();
  let index = 1;
  const skip = (): void => {
    const element = schema[index];
    index += 1;
    for (let left = element?.num_children ?? 0; left > 0 && index < schema.length; left--) skip();
  };
  while (index < schema.length) {
    const element = schema[index];
    if (element && isDecimal(element)) scales.set(element.name, scaleOf(element));
    skip();
  }
  return scales;
}

function isDecimal(element: SchemaElement): boolean {
  return element.logical_type?.type === "DECIMAL" || element.converted_type === "DECIMAL";
}

function scaleOf(element: SchemaElement): number {
  const logical = element.logical_type;
  return (logical?.type === "DECIMAL" ? logical.scale : element.scale) ?? 0;
}

/** The schema without the meaning of these columns, so that the reader does not turn them into floating-point numbers. */
export function withoutDecimals(
  schema: readonly SchemaElement[],
  scales: ReadonlyMap<string, number>,
): SchemaElement[] {
  return schema.map((element) => {
    if (!isDecimal(element) || !scales.has(element.name)) return element;
    const { logical_type: _logical, converted_type: _converted, ...raw } = element;
    return raw;
  });
}

/** A decimal from what is stored: a whole number, or its bytes, highest first. */
export function decimalText(stored: unknown, scale: number): unknown {
  let whole: bigint;
  if (stored instanceof Uint8Array) {
    whole = BigInt.asIntN(
      stored.length * 8,
      stored.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n),
    );
  } else if (typeof stored === "number" || typeof stored === "bigint") whole = BigInt(stored);
  else return stored;
  const digits = String(whole < 0n ? -whole : whole).padStart(scale + 1, "0");
  const point = digits.length - scale;
  const sign = whole < 0n ? "-" : "";
  return sign + digits.slice(0, point) + (scale > 0 ? `.${digits.slice(point)}` : "");
}

const LONGEST = 400;

/** One value of a row as text; `null` where the file has none. */
export function cellText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  const text = plainText(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

function plainText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (value instanceof Uint8Array) return bytesText(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "?" : value.toISOString();
  if (typeof value === "object") return JSON.stringify(value, replacer);
  return String(value);
}

function replacer(_key: string, value: unknown): unknown {
  if (typeof value === "bigint")
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (value instanceof Uint8Array) return bytesText(value);
  return ArrayBuffer.isView(value) ? Array.from(value as unknown as ArrayLike<unknown>) : value;
}

/** Text where the bytes are text; older writers do not mark their strings. */
function bytesText(bytes: Uint8Array): string {
  const head = bytes.subarray(0, LONGEST * 4);
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(head, {
      stream: head.length < bytes.length,
    });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what tells bytes from text
    if (!/[\u0000-\u0008\u000e-\u001f]/.test(text)) return text;
  } catch {
    // Not text.
  }
  const hex = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0"));
  return `${hex.join(" ")}${bytes.length > 8 ? " …" : ""} (${bytes.length} bytes)`;
}
