import { createSocket, type Socket } from "node:dgram";
import { describe, expect, it } from "vitest";
import { randomIds } from "./base/index.ts";
import { CallNotAnswered } from "./phone/index.ts";
import { host, startWorld, toneWav } from "./server-world.test.support.ts";
import { upCall } from "./up-call.test.support.ts";

function hold(port: number): Promise<Socket> {
  const socket = createSocket("udp4");
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ port, address: host, exclusive: true }, () => resolve(socket));
  });
}

/** Three ports in a row that nobody has, below those the system gives away. */
async function threePorts(): Promise<number> {
  for (;;) {
    const first = 20_000 + randomIds.integer(10_000);
    const held = await Promise.allSettled([0, 1, 2].map((more) => hold(first + more)));
    for (const one of held) if (one.status === "fulfilled") one.value.close();
    if (held.every(({ status }) => status === "fulfilled")) return first;
  }
}

describe("a server whose media ports are used up", () => {
  it("refuses calls both ways and says why, and takes them again when ports come back", async () => {
    const first = await threePorts();
    const others = await hold(first + 1);
    const numbers = [{ number: "1000", pcmo: [{ action: "play", file_name: "a.wav" }] }];
    const world = await startWorld({ phones: 4, config: { media: { host, ports: [first, first + 2] }, numbers } });
    await world.media("a.wav", toneWav(620, 30_000));
    const phones = [await world.phone(), await world.phone(), await world.phone(), await world.phone()];
    const flow = [{ action: "play", file_name: "a.wav" }];
    const up = (index: number) => upCall(world, phones[index]!, flow, 620);
    const one = await up(0);
    const two = await up(1);

    // The third port is another program's: that is seen when it is tried.
    const id = await world.call(phones[2]!.username, flow);
    const failed = await world.ended(id);
    expect(failed).toMatchObject({ cause: "out_of_ports", legs: [{ status: "ended", cause: "out_of_ports" }] });
    const callIn = () => phones[3]!.call("1000").catch((failure: unknown) => failure);
    const refused = await callIn();
    expect(refused instanceof CallNotAnswered && refused.cause).toMatchObject({ who: "peer", sipStatus: 503 });

    await new Promise<void>((resolve) => others.close(resolve));
    const three = await up(2);
    // Now the server knows by itself that there is none.
    const { status, headers, body } = await world.place({ to: phones[3]!.username, pcmo: flow });
    expect([status, headers.get("retry-after"), body.message]).toEqual([503, "5", "No free media port is left in the configured range."]);

    await one.call.hangup();
    await world.ended(one.id);
    const again = await up(3);
    for (const { call } of [two, three, again]) await call.hangup();
    for (const { id: each } of [two, three, again]) expect(await world.ended(each)).toMatchObject({ cause: "completed" });
    const inbound = await phones[3]!.call("1000");
    await inbound.hears(620);
    await inbound.hangup();
    await world.close();
  });
});
