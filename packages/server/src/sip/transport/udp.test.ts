import { createSocket } from "node:dgram";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { systemClock, text, utf8 } from "../../base/index.ts";
import type { SipAddress } from "../index.ts";
import { openUdp } from "./udp.ts";

const LOOPBACK: SipAddress = { transport: "udp", host: "127.0.0.1", port: 0 };

describe("a UDP transport", () => {
  it("lets what was sent leave before it closes", async () => {
    const receiver = createSocket("udp4");
    receiver.bind(0, LOOPBACK.host);
    await once(receiver, "listening");
    const heard: string[] = [];
    const all = new Promise<void>((resolve) => {
      receiver.on("message", (bytes) => {
        if (heard.push(text(bytes)) === 3) resolve();
      });
    });
    const to: SipAddress = { ...LOOPBACK, port: receiver.address().port };
    const transport = await openUdp(LOOPBACK, () => undefined, systemClock);
    const sent = ["a", "b", "c"].map((one) => transport.send(utf8(one), to));
    await Promise.all([transport.close(), transport.close()]);
    await Promise.all(sent);
    await all;
    expect(heard).toEqual(["a", "b", "c"]);
    await expect(transport.send(utf8("d"), to)).rejects.toThrow();
    receiver.close();
  });
});
