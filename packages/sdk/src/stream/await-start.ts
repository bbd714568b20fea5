import { parseExactServerMessage } from "@piopiy/pcmo";
import type { Clock } from "../base/clock.ts";
import type { Connection } from "./connection.ts";
import type { Start } from "./facts.ts";
import { nobody } from "./running.ts";

/** A server says `start` at once. */
const startMs = 10_000;

/** Calls `started` with the first message of a server; a server that says something else, or nothing, is hung up on. */
export function awaitStart(connection: Connection, clock: Clock, started: (start: Start) => void): void {
  const refuse = (reason: string) => {
    timer.cancel();
    connection.serve(nobody);
    // RFC 6455 §7.4.1: 1002, a protocol error.
    connection.close(1002, reason);
  };
  const timer = clock.setTimer(startMs, () => refuse("there was no start"));
  connection.serve({
    text(frame) {
      const parsed = parseExactServerMessage(frame);
      if (!parsed.ok || parsed.value.type !== "start") return refuse("the first message must be start");
      timer.cancel();
      return started(parsed.value);
    },
    binary: () => refuse("start must come before audio"),
    closed: () => timer.cancel(),
  });
}
