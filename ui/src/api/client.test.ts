import { describe, expect, it } from "vitest";
import { artifactUrl } from "./client";

describe("addresses of artifacts", () => {
  it("of a run", () => {
    const id = "0123456789abcdef0123456789abcdef";
    expect(artifactUrl(id, "a b/c&d.txt")).toBe(`/get-artifact?run_id=${id}&path=a+b%2Fc%26d.txt`);
    expect(artifactUrl("m-1", "a")).toBe("/get-artifact?run_id=m-1&path=a");
  });
  it("of a logged model", () => {
    const id = "m-0123456789abcdef0123456789abcdef";
    expect(artifactUrl(id, "data/x.parquet")).toBe(
      `/ajax-api/2.0/mlflow/logged-models/${id}/artifacts/files?artifact_file_path=data%2Fx.parquet`,
    );
  });
});
