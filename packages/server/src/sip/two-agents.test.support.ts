import { seededIds, VirtualClock } from "../base/index.ts";
import { createFakeNetwork, createUserAgent } from "./index.ts";

export const ALICE = "192.0.2.1";
export const BOB = "192.0.2.2";

/** Two user agents on a network in memory, on time that the test moves. `delayMs`: how long a message is on its way. */
export async function twoAgents(delayMs?: number) {
  const clock = new VirtualClock();
  const network = createFakeNetwork(clock, delayMs);
  const agentAt = (host: string, seed: number) => createUserAgent({
    clock, ids: seededIds(seed), openTransport: network.open, listen: [{ transport: "udp", host, port: 5060 }],
  });
  return { clock, network, alice: await agentAt(ALICE, 1), bob: await agentAt(BOB, 2) };
}
