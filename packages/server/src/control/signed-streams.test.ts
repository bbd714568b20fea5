import { describe, expect, it } from "vitest";
import { resolveConfig } from "../config/index.ts";
import { scope, VirtualClock } from "../base/index.ts";
import type { StreamLine, StreamRequest } from "../interpreter/index.ts";
import { signatureOf } from "../outbox/index.ts";
import type { CallFacts } from "./model.ts";
import { signedStreams } from "./signed-streams.ts";

const secrets = ["a secret of these tests"];
const resolved = resolveConfig(JSON.stringify({
  apps: [{ appid: "1", secret: "s".repeat(16), webhook_secrets: secrets }, { appid: "2", secret: "t".repeat(16) }],
  numbers: [{ number: "+1 555 0100", app: "1", pcmo: [{ action: "hangup" }], stream_dialect: "twilio" }],
}), {}, {});
if (!resolved.ok) throw new Error(JSON.stringify(resolved.issues));
const { apps, numbers } = resolved.value;

const nothing = () => () => undefined;
const line: StreamLine = {
  listen: nothing, digits: nothing, connection: () => undefined, warn: () => undefined, perform: () => undefined, sendDigits: () => Promise.resolve(),
  play: () => Promise.reject(new Error("unused")), feed: () => { throw new Error("unused"); },
};

/** The request as it comes to the sockets. */
async function asked(facts: Partial<CallFacts>, more: Partial<StreamRequest> = {}): Promise<StreamRequest> {
  const call = { id: "c", appid: "1", direction: "inbound", from: "2", to: "15550100", ...facts } as const;
  const requests: StreamRequest[] = [];
  const clock = new VirtualClock();
  const streams = signedStreams({
    apps, numbers, clock,
    streams: {
      open(request) {
        requests.push(request);
        return Promise.reject(new Error("nobody is there"));
      },
    },
  }, call);
  const request: StreamRequest = {
    id: "s", url: "ws://a/", sampleRateHz: 8000, listenMode: "caller", call: { ...call, callId: "c", legId: "l" }, ...more,
  };
  await streams.open(request, line, scope().signal).catch(() => undefined);
  return requests[0]!;
}

describe("a stream of an app's call", () => {
  it.each<[string, Partial<CallFacts>, Partial<StreamRequest>, StreamRequest["speaks"]]>([
    ["to a number that is configured so", { to: "+15550100" }, {}, "twilio"],
    ["that the number has placed", { direction: "outbound", from: "1-555-0100", to: "2" }, {}, "twilio"],
    ["to another number", { to: "15550199" }, {}, undefined],
    ["that somebody with that number has placed to us", { from: "15550100", to: "15550199" }, {}, undefined],
    ["whose action says something else", {}, { speaks: "compatible" }, "compatible"],
  ])("%s speaks as it is asked to", async (_, facts, more, speaks) => {
    expect((await asked(facts, more)).speaks).toBe(speaks);
  });

  it("is signed with the secrets of its app, at the time of each attempt", async () => {
    const { sign } = await asked({});
    expect(sign?.("/bot?x=1")).toBe(signatureOf(secrets, "/bot?x=1", new VirtualClock().now()));
  });

  it.each(["2", "", "unknown"])("is not signed without secrets: of app %j", async (appid) => {
    expect((await asked({ appid })).sign?.("/")).toBeUndefined();
  });
});
