import { afterEach, describe, expect, it, vi } from "vitest";
import { Action, RestClient, type Fetch } from "./index.ts";

afterEach(() => vi.unstubAllEnvs());

const accepted = { code: 200, message: "accepted" };

function recording(status = 200, baseUrl = "http://127.0.0.1:3000") {
  const asked: { method: string; url: string; body: unknown; authorization: string | undefined }[] = [];
  const fetch: Fetch = async (url, { method, headers, body }) => {
    asked.push({ method, url, body: JSON.parse(body ?? "null"), authorization: headers["authorization"] });
    return new Response(JSON.stringify(status === 200 ? accepted : { code: status, message: "There is no such call, or it has ended." }), { status });
  };
  return { asked, client: new RestClient(1234567, "secret-x", { fetch, maxRetries: 0, ...(baseUrl && { baseUrl }) }) };
}

type Ask = (client: RestClient) => Promise<unknown>;
const hangup = [{ action: "hangup" }] as const;

describe("a call that is up", () => {
  it.each<[string, Ask, string, object]>([
    ["performs another flow", ({ calls }) => calls.flow("c-1", { pcmo: hangup }), "flow", { pcmo: hangup }],
    ["performs an Action on leg b", ({ calls }) => calls.flow("c-1", { pcmo: new Action().hangup() }, { leg: "b" }), "flow", { pcmo: hangup, leg: "b" }],
    ["asks an address", ({ calls }) => calls.flow("c-1", { url: "https://example.com/next" }), "flow", { url: "https://example.com/next" }],
    ["gets keys", ({ calls }) => calls.dtmf("c-1", "12#,4"), "dtmf", { digits: "12#,4" }],
    ["gets keys on a leg", ({ calls }) => calls.dtmf("c-1", "1", { leg: "leg-7" }), "dtmf", { digits: "1", leg: "leg-7" }],
    ["is muted", ({ calls }) => calls.mute("c-1"), "mute", { on: true }],
    ["is heard again", ({ calls }) => calls.mute("c-1", false, { leg: "a" }), "mute", { on: false, leg: "a" }],
  ])("%s", async (_, ask, path, body) => {
    const { client, asked } = recording();
    expect(await ask(client)).toEqual(accepted);
    const authorization = `Basic ${Buffer.from("1234567:secret-x").toString("base64")}`;
    expect(asked).toEqual([{ method: "POST", url: `http://127.0.0.1:3000/calls/c-1/${path}`, body, authorization }]);
  });

  it.each<[string, Ask, string]>([
    ["letters for keys", ({ calls }) => calls.dtmf("c-1", "xyz"), "digits"],
    ["no keys", ({ calls }) => calls.dtmf("c-1", ""), "digits"],
    ["another path for an id", ({ calls }) => calls.mute("../x"), "id"],
    ["a wrong leg", ({ calls }) => calls.mute("c-1", true, { leg: "leg b" }), "options.leg"],
    ["no flow", ({ calls }) => calls.flow("c-1", { pcmo: [] }), "to.pcmo"],
  ])("refuses %s, and sends nothing", async (_, ask, field) => {
    const { client, asked } = recording();
    await expect(ask(client)).rejects.toMatchObject({ code: "validation", field });
    expect(asked).toEqual([]);
  });

  it("that has ended, or a leg that rings, is an error", async () => {
    await expect(recording(404).client.calls.mute("c-1")).rejects.toMatchObject({ code: "not_found", status: 404 });
    await expect(recording(409).client.calls.dtmf("c-1", "1")).rejects.toMatchObject({ code: "api", status: 409 });
  });

  it("needs a server of one's own", async () => {
    vi.stubEnv("PIOPIY_BASE_URL", "");
    await expect(recording(200, "").client.calls.mute("c-1")).rejects.toMatchObject({ code: "validation", field: "options.baseUrl" });
  });
});
