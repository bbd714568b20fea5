import { channels } from "../../base/index.ts";
import type { SipAddress, TransportName } from "../address.ts";
import { remoteOf } from "./transport.ts";

/** For whoever looks on: what goes over the network. */
export function publishMessage(direction: "in" | "out", message: Uint8Array, remote: SipAddress): void {
  if (!channels.sipMessage.hasSubscribers) return;
  const transport: TransportName = remote.transport;
  channels.sipMessage.publish({ direction, transport, remote: remoteOf(remote), message });
}

/** What came and is no message. */
export function publishGarbage(reason: string, bytes: Uint8Array, source: SipAddress): void {
  if (!channels.sipGarbage.hasSubscribers) return;
  channels.sipGarbage.publish({ remote: remoteOf(source), reason, bytes: bytes.length });
}
