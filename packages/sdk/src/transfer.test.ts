import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Action, RestClient, type Fetch, type TransferTarget } from "./index.ts";

beforeAll(() => void vi.stubEnv("PIOPIY_BASE_URL", ""));
afterAll(() => void vi.unstubAllEnvs());

const hangup = [{ action: "hangup" }] as const;

function recording(baseUrl?: string) {
  const sent: { url: string; body: unknown }[] = [];
  const fetch: Fetch = async (url, { body }) => {
    sent.push({ url, body: JSON.parse(body ?? "") });
    return new Response(JSON.stringify({ code: 200, message: "transfer accepted" }));
  };
  return { client: new RestClient("1234567", "secret-x", { fetch, ...(baseUrl !== undefined && { baseUrl }) }), sent };
}

describe("voice.transfer", () => {
  it.each<[string, TransferTarget, object]>([
    ["to an address", { url: "https://example.com/next?x=1" }, { transfer_url: "https://example.com/next?x=1" }],
    ["to a PCMO", { pcmo: hangup }, { pcmo: hangup }],
    ["to an Action", { pcmo: new Action().hangup() }, { pcmo: hangup }],
  ])("%s", async (_, to, body) => {
    const { client, sent } = recording("http://127.0.0.1:8080");
    expect(await client.voice.transfer("leg-1", to)).toEqual({ code: 200, message: "transfer accepted" });
    expect(sent).toEqual([{ url: "http://127.0.0.1:8080/v1/call/action", body: { appid: 1234567, secret: "secret-x", cmiuuid: "leg-1", action: "transfer", ...body } }]);
  });

  it("goes to the endpoint of the region", async () => {
    const { client, sent } = recording();
    await client.voice.transfer("leg-1", { url: "https://example.com/" }, { region: "global" });
    expect(sent[0]?.url).toBe("https://piopiy.telecmi.com/v1/call/global_action");
  });

  it.each<[string, unknown, string]>([
    ["nothing", undefined, "to"],
    ["an address alone", "https://example.com/", "to"],
    ["both", { url: "https://example.com/", pcmo: hangup }, "to"],
    ["neither", {}, "to"],
    ["another kind of address", { url: "ftp://example.com/" }, "to.url"],
    ["an empty flow", { pcmo: [] }, "to.pcmo"],
    ["a wrong flow", { pcmo: [{ action: "speak" }] }, "to.pcmo.0.text"],
    ["something else", { url: "https://example.com/", when: "now" }, "to.when"],
  ])("refuses %s, and sends nothing", async (_, to, field) => {
    const { client, sent } = recording();
    const refused: Promise<unknown> = Reflect.apply(Reflect.get(client.voice, "transfer"), client.voice, ["leg-1", to]);
    await expect(refused).rejects.toMatchObject({ code: "validation", field });
    expect(sent).toEqual([]);
  });
});
