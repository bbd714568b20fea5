import { FAR_END_PORT } from "../load-server.ts";
import { commandOf, type Place } from "../place.ts";
import { startServerProcess, type ServerProcess } from "../server-process.ts";
import { streamTo, type StreamSettings } from "./protocols.ts";

export interface StreamedNumber {
  readonly number: string;
  /** Where the bot listens on this machine. */
  readonly port: number;
  readonly stream: StreamSettings;
}

/** A server that connects whoever calls the number from this machine to a bot, with one media thread. */
export function startStreamServer(place: Place, { number, port, stream }: StreamedNumber): Promise<ServerProcess> {
  const host = "127.0.0.1";
  return startServerProcess({
    under: commandOf(place),
    node: place.node,
    config: {
      sip: { host, udp: 5160, tcp: false },
      trunks: [{ name: "load", host, port: FAR_END_PORT, allow: [host] }],
      numbers: [{ number, pcmo: [streamTo(port, stream)] }],
    },
  });
}
