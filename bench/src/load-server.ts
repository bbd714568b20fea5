import { commandOf, type Place } from "./place.ts";
import { startServerProcess, type ServerProcess } from "./server-process.ts";

/** The port of the far end that number 5000 is bridged to. */
export const FAR_END_PORT = 5180;

/** What is called at the server under load. */
export const numbers = { playing: "1000", recorded: "1001", bridged: "5000" } as const;

const FILE = { name: "long.wav", durationMs: 65_000 };
const plays = (count: number) => Array.from({ length: count }, () => ({ action: "play", file_name: FILE.name }));

/** A server for callers from this machine; `cpu` pins all its threads to that CPU. */
export function startLoadServer(place: Place, workers = 1): Promise<ServerProcess> {
  const host = "127.0.0.1";
  return startServerProcess({
    workers,
    under: commandOf(place),
    node: place.node,
    tones: [FILE],
    config: {
      // Below the ports a system gives to clients, and away from those of the load generator.
      sip: { host, udp: 5160, tcp: false },
      trunks: [{ name: "load", host, port: FAR_END_PORT, allow: [host] }],
      numbers: [
        { number: numbers.playing, pcmo: plays(20) },
        { number: numbers.recorded, pcmo: [{ action: "record" }, ...plays(20)] },
        { number: numbers.bridged, pcmo: [{ action: "bridge", connect: [{ type: "sip", uri: `sip:far@${host}:${FAR_END_PORT}` }] }] },
      ],
    },
  });
}
