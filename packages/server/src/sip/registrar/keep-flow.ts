import type { Clock, Ids, Timer } from "../../base/index.ts";
import { sameFlow, type SipAddress } from "../address.ts";
import { header, type SipResponse } from "../message/message.ts";
import type { UserAgent } from "../user-agent-types.ts";

/** The way to our registrar, kept open through NATs (RFC 5626 §4.4). */
export interface KeptFlow {
  /** From now on it is this one. */
  use(to: SipAddress): void;
  /** Keeps it open from this answer to a REGISTER on, as often as that says. */
  keep(response: SipResponse): void;
  close(): void;
}

/**
 * How often, in ms, less up to a fifth by chance: 24 to 29 s over UDP and 95 to 120 s over connections, unless the
 * registrar names a Flow-Timer (RFC 5626 §4.4).
 */
const USUAL_MS = { udp: 29_000, stream: 120_000 } as const;

/** `lost` is called when the connection has ended. */
export function keepFlow(userAgent: UserAgent, clock: Clock, ids: Ids, lost: () => void): KeptFlow {
  let flow: SipAddress | undefined;
  let timer: Timer | undefined;
  const pingEvery = (everyMs: number) => {
    timer?.cancel();
    timer = clock.setTimer(everyMs - ids.integer(everyMs / 5), () => {
      if (!flow) return;
      userAgent.ping(flow).catch(() => undefined); // a connection that has ended says so by itself
      pingEvery(everyMs);
    });
  };
  const stopListening = userAgent.events.on("gone", (remote) => {
    if (!flow || !sameFlow(remote, flow)) return;
    timer?.cancel();
    lost();
  });
  return {
    use(to) {
      flow = to;
    },
    keep: (response) => pingEvery(flowTimerMs(response) ?? (flow?.transport === "udp" ? USUAL_MS.udp : USUAL_MS.stream)),
    close() {
      timer?.cancel();
      stopListening();
    },
  };
}

function flowTimerMs(response: SipResponse): number | undefined {
  const seconds = Number(header(response, "Flow-Timer") ?? Number.NaN);
  return seconds >= 1 && seconds <= 3600 ? seconds * 1000 : undefined;
}
