import { describe, expect, it } from "vitest";
import { blobType, kindOf, planPreview } from "./artifact-kind";

describe("kinds of artifacts", () => {
  it("follow from the name", () => {
    expect(["a.parquet", "a.pdf", "a.MP3", "b/a.webm", "a.avi", "a.svg"].map(kindOf)).toEqual([
      "parquet",
      "pdf",
      "audio",
      "video",
      "none",
      "image",
    ]);
  });
  it("do not take names of object members for types", () => {
    expect(kindOf("a.constructor")).toBe("unknown");
    expect(blobType("a.toString")).toBe("application/octet-stream");
  });
  it("give blobs a type that is no page", () => {
    expect(["a.svg", "a.pdf", "a.wav", "a.mov", "a.html"].map(blobType)).toEqual([
      "image/svg+xml",
      "application/pdf",
      "audio/wav",
      "video/quicktime",
      "application/octet-stream",
    ]);
  });
});

describe("what a preview fetches", () => {
  const MB = 1e6;
  it("is a head of text, and over 5 MB only when asked", () => {
    expect(planPreview("text", 4 * MB)).toEqual({ how: "fetch", limit: 262_144 });
    expect(planPreview("json", 4 * MB)).toEqual({ how: "fetch", limit: 2_097_152 });
    expect(planPreview("json", 5 * MB + 1)).toEqual({ how: "ask", limit: 262_144 });
    expect(planPreview("unknown", 900 * MB)).toEqual({ how: "ask", limit: 262_144 });
    expect(planPreview("text", null).how).toBe("fetch");
  });
  it("is all of a film, a sound or a PDF, up to 50 MB", () => {
    expect(planPreview("video", 4 * MB).how).toBe("fetch");
    expect(planPreview("audio", 50 * MB)).toEqual({ how: "ask", limit: 50 * MB });
    expect(planPreview("pdf", 50 * MB + 1).how).toBe("large");
    expect(planPreview("image", 21 * MB).how).toBe("large");
  });
  it("is left to the reader of Parquet files, and nothing for types without a preview", () => {
    expect(planPreview("parquet", 900 * MB).how).toBe("ranges");
    expect(planPreview("none", 10).how).toBe("none");
  });
});
