import { expect, it } from "vitest";
import { baseName, folderOf } from "./paths";

it("takes a path apart", () => {
  expect([folderOf("a/b/c"), folderOf("a")]).toEqual(["a/b", ""]);
  expect([baseName("a/b/c"), baseName("a")]).toEqual(["c", "a"]);
});
