import { describe, expect, it } from "vitest";
import { extensionOf, kindOf, pathInAddress } from "./artifact-kind";
import { readCsvHead } from "./csv-head";

describe("csv head", () => {
  it("reads quotes, separators and line ends", () => {
    const head = readCsvHead('\ufeffa,b\r\n"x, ""y""","1\n2"\r\n\r\nz,', ",", 10, false);
    expect(head).toEqual({
      header: ["a", "b"],
      rows: [
        ['x, "y"', "1\n2"],
        ["z", ""],
      ],
      more: false,
    });
  });
  it("drops the last row of a text that was cut", () => {
    expect(readCsvHead("a\tb\n1\t2\n3\t", "\t", 10, true)).toEqual({
      header: ["a", "b"],
      rows: [["1", "2"]],
      more: true,
    });
  });
  it("stops at the limit", () => {
    const text = `a\n${Array.from({ length: 50 }, (_, index) => index).join("\n")}`;
    const head = readCsvHead(text, ",", 5, false);
    expect(head.rows.length).toBe(5);
    expect(head.more).toBe(true);
    expect(readCsvHead("a\n1\n2", ",", 2, false).more).toBe(false);
    expect(readCsvHead("", ",", 2, false)).toEqual({ header: [], rows: [], more: false });
  });
});

describe("addresses", () => {
  it("are decoded part by part", () => {
    expect(pathInAddress("/base/runs/r/artifacts/a/odd%20%23%25%20n%C3%A4me%3F.txt", "r", "")).toBe(
      "a/odd #% näme?.txt",
    );
    expect(pathInAddress("/runs/r/artifacts/100%.txt", "r", "")).toBe("100%.txt");
    expect(pathInAddress("/runs/r", "r", "x")).toBe("x");
  });
});

describe("kinds", () => {
  it("follow the name", () => {
    expect(kindOf("plots/roc.PNG")).toBe("image");
    expect(kindOf("model/MLmodel")).toBe("text");
    expect(kindOf("model/data.pkl")).toBe("none");
    expect(kindOf("README")).toBe("unknown");
    expect(extensionOf("a/.gitignore")).toBe(".gitignore");
  });
});
