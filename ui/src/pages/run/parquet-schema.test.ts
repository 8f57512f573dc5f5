import type { FileMetaData, SchemaElement } from "hyparquet";
import { describe, expect, it } from "vitest";
import {
  cellText,
  chooseColumns,
  dateText,
  decimalScales,
  decimalText,
  schemaColumns,
  timestampText,
  typeName,
  withoutDecimals,
} from "./parquet-schema";

const SCHEMA: SchemaElement[] = [
  { name: "schema", num_children: 3 },
  { name: "id", type: "INT64", repetition_type: "REQUIRED" },
  {
    name: "tags",
    num_children: 1,
    repetition_type: "OPTIONAL",
    converted_type: "LIST",
    logical_type: { type: "LIST" },
  },
  { name: "list", num_children: 1, repetition_type: "REPEATED" },
  {
    name: "element",
    type: "BYTE_ARRAY",
    repetition_type: "OPTIONAL",
    logical_type: { type: "STRING" },
  },
  {
    name: "at",
    type: "INT64",
    repetition_type: "OPTIONAL",
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" },
  },
];

describe("the schema of a Parquet file", () => {
  it("is a list with depths", () => {
    expect(schemaColumns(SCHEMA)).toEqual([
      { path: "id", depth: 0, type: "int64", nullable: false },
      { path: "tags", depth: 0, type: "list", nullable: true },
      { path: "tags.list", depth: 1, type: "repeated group", nullable: true },
      { path: "tags.list.element", depth: 2, type: "string", nullable: true },
      { path: "at", depth: 0, type: "timestamp(micros, UTC)", nullable: true },
    ]);
  });
  it("survives one that promises more than it has", () => {
    expect(schemaColumns([{ name: "s", num_children: 9 }])).toEqual([]);
  });
  it("names old and fixed types", () => {
    expect(typeName({ name: "a", type: "FIXED_LEN_BYTE_ARRAY", type_length: 16 })).toBe(
      "bytes(16)",
    );
    expect(typeName({ name: "a", type: "BYTE_ARRAY", converted_type: "UTF8" })).toBe("string");
  });
});

function chunk(path: string[], bytes: number, codec = "SNAPPY") {
  return { meta_data: { path_in_schema: path, total_compressed_size: BigInt(bytes), codec } };
}

describe("columns of a preview", () => {
  const group = {
    columns: [
      chunk(["id"], 10),
      chunk(["tags", "list", "element"], 500, "ZSTD"),
      chunk(["at"], 20),
    ],
  };
  const metadata = { schema: SCHEMA } as FileMetaData;
  const choose = (budget: number, most: number) =>
    chooseColumns(metadata, group as never, budget, most);
  it("stay within the budget and leave out what is too large", () => {
    expect(choose(100, 50)).toEqual({
      columns: ["id", "at"],
      left: 1,
      codecs: new Set(["SNAPPY"]),
    });
  });
  it("stay within the number that can be shown", () => {
    expect(choose(1e9, 2)).toEqual({
      columns: ["id", "tags"],
      left: 1,
      codecs: new Set(["SNAPPY", "ZSTD"]),
    });
  });
});

describe("decimals", () => {
  const decimal: SchemaElement = {
    name: "d",
    type: "FIXED_LEN_BYTE_ARRAY",
    logical_type: { type: "DECIMAL", precision: 20, scale: 2 },
  };
  it("are found where they are not nested", () => {
    const nested = [
      { name: "s", num_children: 2 },
      { name: "g", num_children: 1 },
      { ...decimal, name: "in" },
      decimal,
    ];
    const scales = decimalScales(nested);
    expect([...scales]).toEqual([["d", 2]]);
    expect(withoutDecimals(nested, scales)[3]).toEqual({ name: "d", type: decimal.type });
  });
  it("keep all their digits", () => {
    expect(decimalText(1_234_567_890_123_456_789n, 2)).toBe("12345678901234567.89");
    expect(decimalText(-5, 3)).toBe("-0.005");
    expect(decimalText(new Uint8Array([255, 255]), 0)).toBe("-1");
    expect(decimalText(null, 2)).toBeNull();
  });
});

describe("values", () => {
  it("keep all their digits", () => {
    expect(cellText(9_007_199_254_740_993n)).toBe("9007199254740993");
    expect(timestampText(1_700_000_000_123_456n, 1_000_000n)).toBe("2023-11-14 22:13:20.123456");
    expect(timestampText(-1n, 1_000n)).toBe("1969-12-31 23:59:59.999");
    expect(timestampText(10n ** 18n, 1_000n)).toBe("1000000000000000000");
    expect(dateText(19_675)).toBe("2023-11-14");
    expect(cellText([1n, Number.NaN, null])).toBe('[1,"NaN",null]');
    expect(cellText(Number.NaN)).toBe("NaN");
  });
  it("are text where bytes are text, else their first bytes", () => {
    expect(cellText(new TextEncoder().encode("grün"))).toBe("grün");
    expect(cellText(new Uint8Array([0, 255, 3]))).toBe("00 ff 03 (3 bytes)");
    expect(cellText(undefined)).toBeNull();
    expect(cellText("x".repeat(500))).toHaveLength(401);
  });
});
