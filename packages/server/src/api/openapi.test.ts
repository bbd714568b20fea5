import { describe, expect, it } from "vitest";
import { VirtualClock, randomIds } from "../base/index.ts";
import { createControl } from "../control/index.ts";
import { simAudio, simCallbacks, simDialler, simRecordings, simStreams } from "../simulator/index.ts";
import { openStore } from "../store/index.ts";
import { createApi } from "./index.ts";

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, unknown>>;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
}

async function load() {
  const clock = new VirtualClock();
  const store = await openStore({ file: ":memory:", clock });
  const control = createControl({
    store, clock, ids: randomIds, dialler: simDialler(clock, {}, []), audio: simAudio({}), callbacks: simCallbacks(clock, {}, []),
    recordings: simRecordings(clock, randomIds, []), streams: simStreams(clock, {}), recordingFile: (id) => id, apps: [], numbers: [], phones: [],
  });
  const api = createApi({ store, control, apps: [], clock, ids: randomIds, version: "1.2.3" });
  const routes: string[] = [];
  const document = (await api.inject("/openapi.json")).json();
  for (const line of api.printRoutes({ commonPrefix: false }).split("\n")) {
    const match = /── (\S+) \(([\w, ]+)\)/.exec(line);
    for (const method of match?.[2]?.split(", ") ?? []) routes.push(`${method} ${match?.[1]}`);
  }
  const has = (method: "GET" | "POST" | "DELETE", url: string) => api.hasRoute({ method, url });
  return { api, store, document, routes, has };
}

const operations = (document: { paths: Record<string, Record<string, Operation>> }) =>
  Object.entries(document.paths).flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => ({ path, method, operation })));

function refsIn(node: unknown): readonly string[] {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => (key === "$ref" && typeof value === "string" ? [value] : refsIn(value)));
}

const methods: Readonly<Record<string, "POST" | "DELETE">> = { post: "POST", delete: "DELETE" };

describe("openapi.json", () => {
  it("is OpenAPI 3.1 and describes every route, and no other", async () => {
    const { document, routes, has, api, store } = await load();
    expect(document).toMatchObject({ openapi: "3.1.0", info: { title: expect.any(String), version: "1.2.3" } });
    const described = operations(document);
    for (const { path, method } of described) {
      expect(has(methods[method] ?? "GET", path.replaceAll(/\{(\w+)\}/g, ":$1")), `${method} ${path}`).toBe(true);
    }
    expect(described).toHaveLength(routes.length);
    await api.close();
    await store.close();
  });

  it("has names that exist, ids that are unique, and an answer for everything", async () => {
    const { document, api, store } = await load();
    const known = new Set(Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`));
    for (const ref of refsIn(document)) expect(known, ref).toContain(ref);
    const described = operations(document);
    expect(new Set(described.map(({ operation }) => operation.operationId)).size).toBe(described.length);
    for (const { path, operation } of described) {
      expect(Object.keys(operation.responses), path).toContain("200");
      for (const status of Object.keys(operation.responses)) expect(status).toMatch(/^[2-5]\d\d$/);
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect((operation.parameters ?? []).filter((parameter) => parameter.in === "path").map((parameter) => parameter.name)).toEqual(inPath);
      for (const requirement of operation.security ?? []) {
        for (const scheme of Object.keys(requirement)) expect(document.components.securitySchemes).toHaveProperty(scheme);
      }
    }
    await api.close();
    await store.close();
  });

  it("says of a call request what the check says", async () => {
    const { document, api, store } = await load();
    const { MakeCallRequest, Flow, ErrorResponse } = document.components.schemas;
    expect(MakeCallRequest.required).toEqual(expect.arrayContaining(["appid", "secret", "from", "to", "pcmo"]));
    expect(MakeCallRequest.properties.duration.default).toBe(5400);
    expect(Flow).toMatchObject({ type: "array", maxItems: 1000 });
    expect(ErrorResponse.required).toEqual(["code", "cmi_code", "message"]);
    await api.close();
    await store.close();
  });
});
