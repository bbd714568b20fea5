import * as fc from "fast-check";
import { expect, it } from "vitest";
import { channels, seededIds, utf8, VirtualClock } from "../base/index.ts";
import { createFakeNetwork, createUserAgent, type Dialog } from "./index.ts";

const A = { transport: "udp", host: "192.0.2.1", port: 5060 } as const;
const B = { transport: "udp", host: "192.0.2.2", port: 5060 } as const;

// Every message of a whole call, cut, changed and repeated, thrown at both ends while they are in another call.
it("mutated messages of a call never throw, and leave nothing behind", async () => {
  const failures: unknown[] = [];
  const failed = (event: unknown) => void failures.push(event);
  channels.failure.subscribe(failed);
  await fc.assert(fc.asyncProperty(
    fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat(255), fc.integer({ min: 0, max: 30 })), { minLength: 20, maxLength: 60 }),
    async (mutations) => {
      const clock = new VirtualClock();
      const network = createFakeNetwork(clock);
      const [alice, bob] = [
        await createUserAgent({ clock, ids: seededIds(1), openTransport: network.open, listen: [A] }),
        await createUserAgent({ clock, ids: seededIds(2), openTransport: network.open, listen: [B] }),
      ];
      const dialogs: Dialog[] = [];
      bob.events.on("invite", (incoming) => {
        incoming.respond(180);
        dialogs.push(incoming.accept({ body: { type: "text/plain", bytes: utf8("answer") } }));
      });
      const outcome = await clock.runUntil(alice.invite({ target: "sip:bob@192.0.2.2", from: "sip:alice@example.com" }).outcome);
      if (outcome.kind !== "accepted") throw new Error(outcome.kind);
      void outcome.dialog.request("INFO");
      await clock.advance(50);
      const recorded = network.sent.map(({ bytes, from, to }) => ({ bytes, from, to }));
      for (const [which, at, value, length] of mutations) {
        const { bytes, from, to } = recorded[which % recorded.length]!;
        const changed = Buffer.from(bytes);
        changed.fill(value, at % changed.length, Math.min(changed.length, (at % changed.length) + length));
        network.inject(length % 3 === 0 ? changed.subarray(0, at % changed.length) : changed, from, to);
        await clock.advance(1);
      }
      await clock.runUntil(Promise.all([alice, bob].map((agent) => agent.close())));
      await clock.advance(100);
      expect(clock.timers).toBe(0);
      expect(outcome.dialog.signal.aborted && dialogs.every(({ signal }) => signal.aborted)).toBe(true);
    },
  ), { seed: 20261122, numRuns: 150 });
  channels.failure.unsubscribe(failed);
  expect(failures).toEqual([]);
});
