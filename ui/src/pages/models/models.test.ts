import { describe, expect, it } from "vitest";
import type { LoggedModel, ModelMetric } from "../../api/models";
import { loggedModelRoute, modelRoute, placeOf, versionRoute } from "./address";
import { loadModelCode, loadPromptCode, modelUri, promptUri, registerCode } from "./code";
import { loggedFilter, registryFilter, versionsFilter } from "./filter";
import {
  commonKeys,
  latestValues,
  metricFacts,
  ownTags,
  registrations,
  statusLook,
} from "./logged";
import { promptOf, variablesOf } from "./prompt";
import { idChunks, runIdFilter } from "./run-ids";
import { placeOfSource, versionOfSource } from "./source";

const ID = "m-0123456789abcdef0123456789abcdef";

describe("addresses", () => {
  it.each(["iris", "name with spaces & 100% ü", "a#b?c=d", "%2F", "versions", 'it\'s "x"'])(
    "hold the name %s",
    (name) => {
      expect(placeOf(modelRoute(name), "/")).toEqual({ page: "model", name });
      const version = versionRoute(name, "3");
      expect(placeOf(version, "/")).toEqual({ page: "version", name, version: "3" });
      expect(placeOf(`/some/models${version}`, "/some/models/")).toMatchObject({ name });
    },
  );
  it("knows the list and what is no page", () => {
    expect(placeOf("/models", "/")).toEqual({ page: "list" });
    expect(placeOf("/models/", "/")).toEqual({ page: "list" });
    expect(placeOf("/models/a/b", "/")).toEqual({ page: "none" });
    expect(placeOf("/models/a/versions", "/")).toEqual({ page: "none" });
    expect(placeOf("/models/a/versions/1/x", "/")).toEqual({ page: "none" });
    expect(placeOf("/models/100%", "/")).toEqual({ page: "model", name: "100%" });
  });
  it("of logged models stand below their experiment", () => {
    expect(loggedModelRoute("1", ID)).toBe(`/experiments/1/models/${ID}`);
  });
});

describe("filters", () => {
  it.each([
    ["", false, ""],
    ["iris", false, "name ILIKE '%iris%'"],
    ["  a  b ", false, "name ILIKE '%a%' AND name ILIKE '%b%'"],
    ["team:vi", false, "tags.`team` ILIKE '%vi%'"],
    ["it's", false, `name ILIKE "%it's%"`],
    [`it's"x`, false, `name ILIKE '%it_s"x%'`],
    [":x", false, "name ILIKE '%:x%'"],
    ["", true, "tags.`mlflow.prompt.is_prompt` = 'true'"],
    ["a", true, "name ILIKE '%a%' AND tags.`mlflow.prompt.is_prompt` = 'true'"],
  ])("%s (prompts: %s) is %s", (text, prompts, filter) => {
    expect(registryFilter(text, prompts)).toBe(filter);
  });
  it("ask for the versions of a name", () => {
    expect(versionsFilter("iris", false)).toBe("name = 'iris'");
    expect(versionsFilter("it's", false)).toBe(`name = "it's"`);
    expect(versionsFilter(`it's "x"`, false)).toBe(`name LIKE 'it_s "x"'`);
    expect(versionsFilter("a", true)).toContain("AND tags.`mlflow.prompt.is_prompt` = 'true'");
  });
  it("of logged models are words or the grammar itself", () => {
    expect(loggedFilter("  ")).toBeUndefined();
    expect(loggedFilter("iris v2")).toBe("name ILIKE '%iris%' AND name ILIKE '%v2%'");
    expect(loggedFilter("it's")).toBe("name ILIKE '%it_s%'");
    expect(loggedFilter("metrics.f1 > 0.9")).toBe("metrics.f1 > 0.9");
    expect(loggedFilter("name like 'a%'")).toBe("name like 'a%'");
    expect(loggedFilter("inception")).toBe("name ILIKE '%inception%'");
  });
});

describe("sources", () => {
  it.each([
    [`models:/${ID}`, "", { kind: "logged", modelId: ID }],
    [`mlflow-artifacts:/1/models/${ID}/artifacts`, "r1", { kind: "logged", modelId: ID }],
    ["runs:/r1/model", "r1", { kind: "run", runId: "r1", path: "model" }],
    ["runs:/r1/a/b/", "", { kind: "run", runId: "r1", path: "a/b" }],
    ["runs:/r1", "", { kind: "run", runId: "r1", path: "" }],
    ["s3://b/1/r1/artifacts/m%20x", "r1", { kind: "run", runId: "r1", path: "m x" }],
    ["file:///x/1/r1/artifacts", "r1", { kind: "run", runId: "r1", path: "" }],
    ["s3://b/1/r1/artifactsmore/m", "r1", undefined],
    ["s3://b/1/r2/artifacts/m", "r1", undefined],
    ["s3://bucket/model", "", undefined],
    ["models:/iris/3", "", undefined],
    ["models:/m-short", "", undefined],
    ["", "", undefined],
  ])("%s of run %s", (source, run, place) => {
    expect(placeOfSource(source, run)).toEqual(place);
  });
  it("may name a version of another model", () => {
    expect(versionOfSource("models:/a%20b/12")).toEqual({ name: "a b", version: "12" });
    expect(versionOfSource(`models:/${ID}`)).toBeUndefined();
    expect(versionOfSource("models:/iris/Production")).toBeUndefined();
  });
});

describe("runs of a table", () => {
  const ids = Array.from({ length: 130 }, (_, at) => at.toString(16).padStart(32, "0"));
  it("are asked for once each and in parts that a longer list keeps", () => {
    const chunks = idChunks([...ids, ...ids]);
    expect(chunks.map((chunk) => chunk.length)).toEqual([100, 30]);
    expect(idChunks(ids.slice(0, 100))[0]).toEqual(chunks[0]);
  });
  it("leave out what is no id, so that nothing else gets into a filter", () => {
    expect(idChunks([undefined, "", "x' OR '1", ID])).toEqual([]);
    const [one = "", two = ""] = ids;
    expect(runIdFilter([one, two])).toBe(`attributes.run_id IN ('${one}', '${two}')`);
  });
});

describe("logged models", () => {
  const point = (key: string, value: ModelMetric["value"], step: number, more = {}) => ({
    key,
    value,
    step,
    timestamp: 1000 + step,
    ...more,
  });
  const metrics: ModelMetric[] = [
    point("loss", 3, 0),
    point("loss", 1, 2),
    point("loss", 2, 1),
    point("acc", 0.5, 0, { dataset_name: "d", dataset_digest: "1" }),
    point("acc", "NaN", 3),
  ];
  it("have one row for each metric and data set, with the newest value", () => {
    expect(metricFacts(metrics).map((one) => [one.key, one.dataset, one.last.value, one.points]))
      // biome-ignore format: a table
      .toEqual([
      ["acc", "", "NaN", 1],
      ["acc", "d", 0.5, 1],
      ["loss", "", 1, 3],
    ]);
  });
  it("have one newest value for each metric", () => {
    const model = { info: {}, data: { metrics } } as unknown as LoggedModel;
    expect(latestValues(model).get("acc")?.value).toBe("NaN");
    expect(latestValues(model).get("loss")?.value).toBe(1);
    expect(latestValues({ info: {} } as LoggedModel).size).toBe(0);
  });
  it("share columns, the most common ones", () => {
    expect(commonKeys([["b", "a10"], ["b", "a2", "a2"], ["a10"]], 2)).toEqual(["a10", "b"]);
    expect(commonKeys([["a10", "a2"]], 9)).toEqual(["a2", "a10"]);
  });
  it("tell where they are registered, each once", () => {
    const tag = (value: string) => [{ key: "mlflow.modelVersions", value }];
    const twice = '[{"name":"iris","version":3},{"name":"iris","version":"3"},{"name":"b"},4,null]';
    expect(registrations(tag(twice))).toEqual([{ name: "iris", version: "3" }]);
    expect(registrations(tag("no json"))).toEqual([]);
    expect(registrations(tag("{}"))).toEqual([]);
    expect(registrations([])).toEqual([]);
  });
  it("show only tags that people set", () => {
    const tags = ["mlflow.user", "_mlflow_prompt_type", "team"].map((key) => ({ key, value: "x" }));
    expect(ownTags(tags)).toEqual([["team", "x"]]);
    expect(ownTags(undefined)).toEqual([]);
  });
  it.each([
    ["LOGGED_MODEL_READY", "Ready"],
    ["READY", "Ready"],
    ["LOGGED_MODEL_PENDING", "Pending"],
    ["PENDING_REGISTRATION", "Pending"],
    ["LOGGED_MODEL_UPLOAD_FAILED", "Failed"],
    ["FAILED_REGISTRATION", "Failed"],
    [undefined, "Unknown"],
  ])("with the status %s are %s", (status, word) => {
    expect(statusLook(status).word).toBe(word);
  });
});

describe("prompts", () => {
  const tags = (type: string, text: string) => [
    { key: "_mlflow_prompt_type", value: type },
    { key: "mlflow.prompt.text", value: text },
  ];
  it("are text with variables", () => {
    const prompt = promptOf(tags("text", "Say {{ word }} {{n}} times, {{word}}"));
    expect(prompt && variablesOf(prompt)).toEqual(["word", "n"]);
    expect(promptOf([])).toBeUndefined();
  });
  it("are chats", () => {
    const prompt = promptOf(tags("chat", '[{"role":"user","content":"{{q}}"},{"content":[1]}]'));
    expect(prompt).toMatchObject({ kind: "chat", messages: [{ role: "user" }, {}] });
    expect(prompt && variablesOf(prompt)).toEqual(["q"]);
    expect(promptOf(tags("chat", "broken"))).toEqual({ kind: "text", text: "broken" });
  });
});

describe("code", () => {
  it("names a version by its alias, if it has one", () => {
    expect(modelUri("iris", "3", "champion")).toBe("models:/iris@champion");
    expect(modelUri("iris", "3", undefined)).toBe("models:/iris/3");
    expect(promptUri("p", "1", undefined)).toBe("prompts:/p/1");
  });
  it("quotes what it is given", () => {
    const code = loadModelCode("http://host:5000", 'models:/a"b/1');
    expect(code).toContain('mlflow.set_tracking_uri("http://host:5000")');
    expect(code).toContain('mlflow.pyfunc.load_model("models:/a\\"b/1")');
    expect(registerCode("http://h", "iris")).toContain('"iris")');
    expect(loadPromptCode("http://h", "prompts:/p@x", ["a", "b"])).toContain('a="…", b="…"');
  });
});
