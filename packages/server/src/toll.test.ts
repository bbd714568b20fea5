import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { host, startReceiver, startWorld, until, type Receiver, type World } from "./server-world.test.support.ts";

// The way to a carrier, on real sockets: the carrier is another server of ours, which takes every call of ours.

const NATIONAL = "918000000077";
const ABROAD = "442000000000";

let carrier: World;
let world: World;
let answerer: Receiver;

beforeAll(async () => {
  carrier = await startWorld({
    config: { trunks: [{ name: "us", host, allow: [host] }], numbers: [NATIONAL, ABROAD].map((number) => ({ number, pcmo: [{ action: "speak", text: "Yes" }] })) },
  });
  const port = carrier.server.sip[0]!.port;
  answerer = await startReceiver(() => ({ body: JSON.stringify([bridge(ABROAD)]) }));
  world = await startWorld({ config: { trunks: [{ name: "carrier", host, port }], limits: { country: "91" } } });
});
afterAll(async () => {
  await world.close();
  await carrier.close();
  await answerer.close();
});

const bridge = (number: string) => ({ action: "bridge", connect: [{ type: "pstn", number }], timeout: 5 });
const arrived = async () => (await (await carrier.get("/calls?limit=100")).text()).split('"call_id"').length - 1;

describe("over a trunk", () => {
  it("an international number is refused with its place and what would allow it, and no packet leaves", async () => {
    const before = await arrived();
    for (const to of [ABROAD, `00${ABROAD}`]) {
      const { status, body } = await world.place({ to, pcmo: [bridge(NATIONAL)] });
      expect({ status, code: body.code, errors: body.errors }).toEqual({
        status: 403, code: 403, errors: [{ path: "/to", message: expect.stringContaining("the configured country code") }],
      });
      expect(JSON.stringify(body)).not.toContain(ABROAD);
    }
    const trunk = `${host}:${carrier.server.sip[0]!.port}`;
    expect((await world.place({ to: `sip:${ABROAD}@${trunk}`, pcmo: [bridge(NATIONAL)] })).status).toBe(403);
    expect((await world.place({ to: "sip:bob@voice.example.com", pcmo: [bridge(NATIONAL)] })).body.message).toContain("/limits/hosts");
    expect(await arrived()).toBe(before);
    expect(await world.metric('piopiy_calls_refused_total{reason="not_allowed"}')).toBe(3);
  });

  it("a national number is called, and what its flow asks for is looked at again", async () => {
    const record = await world.ended(await world.call(NATIONAL, [bridge(ABROAD)]));
    expect(record.legs).toMatchObject([{ leg: "a", cause: "completed" }, { leg: "b", cause: "rejected", ended_by: "us" }]);
    expect(record.timeline.filter(({ type }) => type === "call.refused")).toMatchObject([{ data: { reason: "not_allowed" } }]);
  });

  it("a flow that is fetched is looked at, too", async () => {
    const before = await arrived();
    const { status, body } = await world.post("/v1/make_call", JSON.stringify({ appid: 7654321, secret: "a secret of these tests", from: 918000000000, to: NATIONAL, answer_url: `${answerer.url}/flow` }));
    expect([status, body.message]).toEqual([200, undefined]);
    const record = await world.ended(body.request_id ?? "");
    expect(record.timeline.map(({ type }) => type)).toContain("call.refused");
    expect(await until("the carrier's record", async () => ((await arrived()) === before + 1 ? true : undefined))).toBe(true);
  });
});
