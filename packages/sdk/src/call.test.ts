import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Action, Piopiy, PiopiyAction, PiopiyValidationError, RestClient, StreamAction, type Fetch, type RestClientOptions } from "./index.ts";

beforeAll(() => void vi.stubEnv("PIOPIY_BASE_URL", ""));
afterAll(() => void vi.unstubAllEnvs());

const bridgeTo = (number: number) =>
  ({ action: "bridge", from: 918000000000, connect: [{ type: "pstn", number }], duration: 5400, timeout: 40, loop: 1 });

interface Sent {
  readonly url: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
}

function recording(options: RestClientOptions = {}, reply: unknown = { request_id: "r1", status: "progress", code: 200 }) {
  const sent: Sent[] = [];
  const fetch: Fetch = async (url, { body, headers }) => {
    sent.push({ url, body: JSON.parse(body ?? ""), headers });
    return new Response(typeof reply === "string" ? reply : JSON.stringify(reply));
  };
  return { client: new RestClient("1234567", "secret-x", { fetch, ...options }), sent };
}

/** A call as JavaScript without types can make it. */
function untyped(voice: object, method: string, args: readonly unknown[]): Promise<unknown> {
  return Reflect.apply(Reflect.get(voice, method), voice, args);
}

type Call = (client: RestClient) => Promise<unknown>;

describe("voice.call", () => {
  const speak = [{ action: "speak" as const, text: "Hello" }];
  const action = new Action().speak("Hello");
  const forms: readonly (readonly [string, Call, object])[] = [
    ["a number", ({ voice }) => voice.call(919400000001, 918000000000, 14155550100), { to: 919400000001, from: 918000000000, pcmo: [bridgeTo(14155550100)] }],
    ["numbers as text", ({ voice }) => voice.call("+91 94000-00001", "(91)80.0000.0000", "14155550100"), { to: 919400000001, from: 918000000000, pcmo: [bridgeTo(14155550100)] }],
    [
      "a list, with options on the bridge",
      ({ voice }) => voice.call(919400000001, 918000000000, ["14155550100", "sip:alice@example.com"], { timeout: 20, ring_type: "group", record: true, duration: 60 }),
      {
        duration: 60,
        record: true,
        pcmo: [{
          action: "bridge", from: 918000000000, connect: [{ type: "pstn", number: 14155550100 }, { type: "sip", uri: "sip:alice@example.com" }],
          duration: 60, timeout: 20, loop: 1, ring_type: "group", record: true,
        }],
      },
    ],
    [
      "whether a machine answers",
      ({ voice }) => voice.call(919400000001, 918000000000, 14155550100, { amd: true }),
      { pcmo: [bridgeTo(14155550100)], amd: true },
    ],
    ["a PCMO", ({ voice }) => voice.call(919400000001, 918000000000, speak), { duration: 5400, extra_params: {}, pcmo: speak }],
    [
      "an Action, with options at the top level",
      ({ voice }) => voice.call(919400000001, 918000000000, action, { timeout: 20, loop: 2, extra_params: { order: "A1" } }),
      { pcmo: speak, timeout: 20, loop: 2, extra_params: { order: "A1" } },
    ],
    ["a SIP address as the first party", ({ voice }) => voice.call("sip:bob@example.com", 918000000000, speak), { to: { type: "sip", uri: "sip:bob@example.com" } }],
    ["five arguments", ({ voice }) => voice.call(919400000001, 918000000000, 14155550100, speak), { pcmo: [...speak, bridgeTo(14155550100)] }],
    [
      "five arguments with options",
      ({ voice }) => voice.call(919400000001, 918000000000, [14155550100], action, { timeout: 20 }),
      { timeout: 20, pcmo: [...speak, { ...bridgeTo(14155550100), timeout: 20 }] },
    ],
    [
      "five arguments whose PCMO ends the flow",
      ({ voice }) => voice.call(919400000001, 918000000000, 14155550100, new Action().hangup()),
      { pcmo: [{ action: "hangup" }] },
    ],
  ];

  it.each(forms)("takes %s", async (_, call, body) => {
    const { client, sent } = recording();
    await call(client);
    expect(sent).toHaveLength(1);
    expect(sent[0]?.body).toMatchObject({ appid: 1234567, secret: "secret-x", ...body });
    // toMatchObject would let further keys of an action pass.
    if ("pcmo" in body) expect(sent[0]?.body["pcmo"]).toEqual(body.pcmo);
  });

  const refused: readonly (readonly [string, string, Call])[] = [
    ["to is short", "to", ({ voice }) => voice.call(12, 918000000000, speak)],
    ["to is long", "to", ({ voice }) => voice.call("1234567890123456", 918000000000, speak)],
    ["to is a fraction", "to", ({ voice }) => voice.call(1234.5, 918000000000, speak)],
    ["to has letters", "to", ({ voice }) => voice.call("alice", 918000000000, speak)],
    ["to has a leading zero", "to", ({ voice }) => voice.call("0919400000001", 918000000000, speak)],
    ["from is a SIP address", "from", ({ voice }) => voice.call(919400000001, "sip:a@example.com", speak)],
    ["the second is no number", "target", ({ voice }) => voice.call(919400000001, 918000000000, "x")],
    ["one of a list is no number", "target.1", ({ voice }) => voice.call(919400000001, 918000000000, [14155550100, "x"])],
    ["the list is empty", "target", ({ voice }) => voice.call(919400000001, 918000000000, [])],
    ["the Action is empty", "target", ({ voice }) => voice.call(919400000001, 918000000000, new Action())],
    ["an action is unknown", "target.0.action", ({ voice }) => untyped(voice, "call", [919400000001, 918000000000, [{ action: "spaek" }]])],
    ["numbers and actions are mixed", "target.0", ({ voice }) => untyped(voice, "call", [919400000001, 918000000000, [14155550100, { action: "hangup" }]])],
    ["a PCMO stands for the second", "second", ({ voice }) => voice.call(919400000001, 918000000000, Object(speak), speak)],
    ["options come where the PCMO belongs", "pcmo", ({ voice }) => untyped(voice, "call", [919400000001, 918000000000, 14155550100, {}, {}])],
    ["an option is unknown", "options.timeuot", ({ voice }) => untyped(voice, "call", [919400000001, 918000000000, 14155550100, { timeuot: 3 }])],
    ["the options are none", "options", ({ voice }) => untyped(voice, "call", [919400000001, 918000000000, 14155550100, 40])],
    ["an option is out of range", "options.timeout", ({ voice }) => voice.call(919400000001, 918000000000, 14155550100, { timeout: 0 })],
    ["amd is text", "options.amd", ({ voice }) => untyped(voice, "call", [919400000001, 918000000000, 14155550100, { amd: "yes" }])],
    ["the region is unknown", "options.region", ({ voice }) => untyped(voice, "call", [919400000001, 918000000000, 14155550100, { region: "mars" }])],
    ["the signal is none", "options.signal", ({ voice }) => untyped(voice, "call", [919400000001, 918000000000, 14155550100, { signal: {} }])],
    ["the key has a line break", "options.idempotencyKey", ({ voice }) => voice.call(919400000001, 918000000000, 14155550100, { idempotencyKey: "a\nb" })],
    ["extra_params is text", "options.extra_params", ({ voice }) => untyped(voice, "call", [919400000001, 918000000000, 14155550100, { extra_params: "x" }])],
    ["extra_params is no JSON", "options.extra_params", ({ voice }) => voice.call(919400000001, 918000000000, 14155550100, { extra_params: { n: 1n } })],
    ["the id is no text", "cmiuuid", ({ voice }) => untyped(voice, "hangup", [123])],
    ["the id is empty", "cmiuuid", (client) => client.hold("")],
  ];

  it.each(refused)("sends nothing when %s", async (_, field, call) => {
    const { client, sent } = recording();
    const error: unknown = await call(client).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(PiopiyValidationError);
    expect(error).toMatchObject({ code: "validation", field });
    expect(String(error)).not.toMatch(/\d{9}/);
    expect(sent).toHaveLength(0);
  });

  it("suggests the option that was meant", async () => {
    const { client } = recording();
    const call = untyped(client.voice, "call", [919400000001, 918000000000, 14155550100, { timeuot: 3 }]);
    await expect(call).rejects.toThrow("Did you mean timeout?");
  });

  it("logs the parts of a PCMO that a server may ignore, and sends them", async () => {
    const warn = vi.fn();
    const { client, sent } = recording({ logger: { debug: () => undefined, warn } });
    await untyped(client.voice, "call", [919400000001, 918000000000, [{ action: "hangup", casue: "busy" }]]);
    expect(sent[0]?.body["pcmo"]).toEqual([{ action: "hangup", casue: "busy" }]);
    expect(JSON.stringify(warn.mock.calls)).toContain("/target/0/casue");
  });
});

describe("where a request goes", () => {
  const call: Call = ({ voice }) => voice.call(919400000001, 918000000000, 14155550100);
  const abroad: Call = ({ voice }) => voice.call(14155550100, 918000000000, 919400000001);
  const id = "00c6a018-a912-4f1a-a0a0-e522c1851f07";
  const places: readonly (readonly [string, RestClientOptions, Call, string])[] = [
    ["India", {}, call, "https://rest.telecmi.com/v2/ind_pcmo_make_call"],
    ["abroad", {}, abroad, "https://rest.telecmi.com/v2/global_pcmo_make_call"],
    ["the region of the client", { region: "global" }, call, "https://rest.telecmi.com/v2/global_pcmo_make_call"],
    ["the region of the call", { region: "global" }, ({ voice }) => voice.call(14155550100, 918000000000, 919400000001, { region: "ind" }), "https://rest.telecmi.com/v2/ind_pcmo_make_call"],
    ["a server of one's own", { baseUrl: "http://127.0.0.1:3000/" }, call, "http://127.0.0.1:3000/v2/ind_pcmo_make_call"],
    ["a path of it", { baseUrl: "https://calls.example/voice" }, call, "https://calls.example/voice/v2/ind_pcmo_make_call"],
    ["an action", {}, (client) => client.voice.hold(id), "https://piopiy.telecmi.com/v1/call/action"],
    ["an action worldwide", {}, (client) => client.unhold(id, { region: "global" }), "https://piopiy.telecmi.com/v1/call/global_action"],
    ["an action on one's own server", { baseUrl: "http://127.0.0.1:3000" }, (client) => client.toggle(id), "http://127.0.0.1:3000/v1/call/action"],
  ];

  it.each(places)("%s", async (_, options, call, url) => {
    const { client, sent } = recording(options);
    await call(client);
    expect(sent.map((request) => request.url)).toEqual([url]);
  });

  it("is read from PIOPIY_BASE_URL", async () => {
    vi.stubEnv("PIOPIY_BASE_URL", "http://127.0.0.1:3001");
    const { client, sent } = recording();
    vi.stubEnv("PIOPIY_BASE_URL", "");
    await call(client);
    expect(sent[0]?.url).toBe("http://127.0.0.1:3001/v2/ind_pcmo_make_call");
  });

  it("has the headers of the client, but not instead of its own", async () => {
    const { client, sent } = recording({ headers: { "X-Team": "blue", "Idempotency-Key": "always the same", "Content-Type": "text/plain" } });
    await call(client);
    expect(sent[0]?.headers).toMatchObject({ "x-team": "blue", "content-type": "application/json" });
    expect(sent[0]?.headers["idempotency-key"]).not.toBe("always the same");
    expect(Object.keys(sent[0]?.headers ?? {})).toHaveLength(3);
  });
});

describe("replies", () => {
  it.each([
    ["as documented", { data: { status: "progress", request_id: "r1" }, status: "progress", request_id: "r1", code: 200, cmi_code: 200 }, { request_id: "r1", status: "progress", code: 200, cmi_code: 200 }],
    ["with the id in data only", { data: { status: "progress", request_id: "r1" }, code: 200 }, { request_id: "r1", status: "progress", code: 200 }],
    ["with cmi_code as text", { request_id: "r1", status: "progress", cmi_code: "cmi-200", more: [1] }, { request_id: "r1", code: 200, more: [1] }],
  ])("%s", async (_, reply, expected) => {
    const { client } = recording({}, reply);
    expect(await client.voice.call(919400000001, 918000000000, 14155550100)).toMatchObject(expected);
  });

  it.each([["no JSON", "OK"], ["no id", { code: 200 }], ["a list", []]])("a call's reply with %s is an error that warns of repeating", async (_, reply) => {
    const { client } = recording({}, reply);
    const error: unknown = await client.voice.call(919400000001, 918000000000, 14155550100).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "server", status: 200, body: reply, message: expect.stringContaining("look before you repeat") });
  });

  it.each([["text", "call ended", { code: 200, message: "call ended" }], ["nothing", "", { code: 200 }], ["msg", { code: 200, msg: "done" }, { code: 200, msg: "done", message: "done" }]])(
    "an action's reply may be %s", async (_, reply, expected) => {
      const { client } = recording({}, reply);
      expect(await client.hangup("00c6a018-a912-4f1a-a0a0-e522c1851f07")).toEqual(expected);
    },
  );
});

describe("names", () => {
  it("has the official SDKs' names for the same classes", () => {
    expect(Piopiy).toBe(RestClient);
    expect(PiopiyAction).toBe(Action);
    expect(new StreamAction()).not.toBeInstanceOf(Action);
  });
});
