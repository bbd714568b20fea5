import { readFileSync } from "node:fs";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Action, PiopiyValidationError, RestClient, StreamAction, type Fetch } from "./index.ts";
import { deviations, type Deviation } from "./vector-deviations.ts";

// The wire of the official SDKs, recorded from them: testdata/piopiy-wire-vectors.json. Each vector is done here with
// the same arguments; what comes out is the same, or what the table of deviations says.

const VectorSchema = v.object({
  id: v.string(),
  sdk: v.string(),
  method: v.string(),
  ctor: v.optional(v.array(v.unknown())),
  args: v.array(v.unknown()),
  kwargs: v.optional(v.record(v.string(), v.unknown())),
  wire: v.unknown(),
  wire_text: v.optional(v.string()),
  error: v.optional(v.looseObject({})),
});
type Vector = v.InferOutput<typeof VectorSchema>;

const RequestSchema = v.object({
  method: v.literal("POST"),
  url: v.string(),
  headers: v.record(v.string(), v.string()),
  body: v.record(v.string(), v.unknown()),
});
type Sent = v.InferOutput<typeof RequestSchema>;

type Outcome =
  | { readonly type: "built"; readonly wire: unknown; readonly text: string | undefined }
  | { readonly type: "sent"; readonly requests: readonly Sent[] }
  | { readonly type: "refused"; readonly by: "validation" | "absent" };

const file = new URL("../../../testdata/piopiy-wire-vectors.json", import.meta.url);
const recorded = v.parse(v.array(v.looseObject({ api: v.string() })), JSON.parse(readFileSync(file, "utf8")));
const vectors = v.parse(v.array(VectorSchema), recorded.filter((vector) => vector.api === "v2" || vector.api === "stream"));

beforeAll(() => void vi.stubEnv("PIOPIY_BASE_URL", ""));
afterAll(() => void vi.unstubAllEnvs());

describe("the vectors of the official SDKs", () => {
  it("are there", () => {
    expect(vectors).toHaveLength(120);
  });

  it.each(vectors.map((vector) => [vector.id, vector] as const))("%s", async (id, vector) => {
    const deviation = deviations[id];
    const outcome = await perform(vector);
    if (!deviation) return expectSame(vector, outcome);
    expect(() => expectSame(vector, outcome), "no deviation any more: take it out of the table").toThrow();
    expectInstead(vector, deviation, outcome);
  });

  it.each(Object.keys(deviations))("deviation %s is of a vector", (id) => {
    expect(vectors.map((vector) => vector.id)).toContain(id);
  });
});

function expectSame(vector: Vector, outcome: Outcome): void {
  if (vector.error !== undefined) {
    expect(outcome.type).toBe("refused");
    return;
  }
  if (outcome.type === "sent") {
    expect(outcome.requests).toHaveLength(1);
    const { url, headers, body } = v.parse(RequestSchema, vector.wire);
    expect(outcome.requests[0]).toEqual({ method: "POST", url, headers: expect.objectContaining(headers), body });
    return;
  }
  expect(outcome).toEqual({ type: "built", wire: vector.wire, text: "text" in outcome ? outcome.text : undefined });
  // Python writes the same JSON with spaces.
  if (vector.sdk === "node" && vector.wire_text !== undefined) expect(outcome).toHaveProperty("text", vector.wire_text);
}

function expectInstead(vector: Vector, { instead }: Deviation, outcome: Outcome): void {
  if ("error" in instead) {
    expect(outcome).toEqual({ type: "refused", by: instead.error });
  } else if ("pcmo" in instead) {
    expect(outcome).toEqual({ type: "built", wire: instead.pcmo, text: "text" in outcome ? outcome.text : undefined });
  } else {
    const recorded = v.is(RequestSchema, vector.wire) ? vector.wire : undefined;
    const body = { ...recorded?.body, ...instead.request.body };
    for (const [key, value] of Object.entries(body)) if (value === undefined) delete body[key];
    expect(outcome).toEqual({ type: "sent", requests: [expect.objectContaining({ url: instead.request.url ?? recorded?.url, body })] });
  }
}

/** The one translator from the calling conventions of the official SDKs to ours. */
async function perform(vector: Vector): Promise<Outcome> {
  try {
    const [owner, ...path] = vector.method.startsWith("internal call_hangup") ? ["Piopiy", "hangup"] : vector.method.split(".");
    const name = path.at(-1) ?? "";
    if (owner === "RestClient" || owner === "Piopiy") {
      const args = vector.method.startsWith("internal") ? vector.args.slice(2) : vector.args;
      return await request(vector.ctor ?? vector.args.slice(0, 2), path, args);
    }
    return buildWith(owner === "StreamAction" ? new StreamAction() : new Action(), name, vector);
  } catch (error) {
    if (error instanceof Absent) return { type: "refused", by: "absent" };
    if (error instanceof PiopiyValidationError) return { type: "refused", by: "validation" };
    throw error;
  }
}

const StepsSchema = v.pipe(v.array(v.object({ call: v.string(), args: v.array(v.unknown()) })), v.minLength(1));

function buildWith(builder: Action | StreamAction, name: string, vector: Vector): Outcome {
  // Keyword arguments of Python are one object here; several calls on one builder are recorded as a list of them.
  const args = vector.kwargs ? [vector.kwargs] : vector.args;
  const steps = v.is(StepsSchema, args) ? args : [{ call: name, args }];
  let last: unknown;
  for (const step of steps) last = invoke(builder, step.call, step.args);
  const result: unknown = typeof last === "string" ? last : builder.PCMO();
  return typeof result === "string"
    ? { type: "built", wire: JSON.parse(result), text: result }
    : { type: "built", wire: result, text: undefined };
}

async function request(ctor: readonly unknown[], path: readonly string[], args: readonly unknown[]): Promise<Outcome> {
  const requests: Sent[] = [];
  const fetch: Fetch = async (url, { method, headers, body }) => {
    requests.push(v.parse(RequestSchema, { method, url, headers, body: JSON.parse(body ?? "") }));
    return new Response(JSON.stringify({ request_id: "r", status: "progress", code: 200 }));
  };
  const client: unknown = Reflect.construct(RestClient, [...ctor, { fetch }]);
  let target = client;
  for (const name of path.slice(0, -1)) target = property(target, name);
  await invoke(target, path.at(-1) ?? "", args);
  return { type: "sent", requests };
}

class Absent extends Error {}

function invoke(target: unknown, name: string, args: readonly unknown[]): unknown {
  const method = property(target, name);
  if (typeof method !== "function") throw new Absent();
  return Reflect.apply(method, target, args);
}

function property(target: unknown, name: string): unknown {
  return typeof target === "object" && target !== null ? Reflect.get(target, name) : undefined;
}
