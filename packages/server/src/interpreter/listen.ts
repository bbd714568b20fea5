import type { StreamAction } from "@piopiy/pcmo";
import { FRAME_MS, mix } from "../audio/index.ts";
import type { Leg } from "../call/index.ts";
import type { Company } from "./company.ts";
import type { StreamLine } from "./stream-port.ts";

const frames = { batchMs: FRAME_MS };

/**
 * What a stream hears. `caller`: the party of the flow's leg. `callee`: the party it is bridged with; while there is
 * none, the flow's. `both`: what the flow's party says and what it hears, in one channel: the other party, too, and
 * also what the flow and the bot itself play.
 */
export function listenTo(mode: StreamAction["listen_mode"], leg: Leg, company: Company): StreamLine["listen"] {
  if (mode === "caller") return (listener) => leg.audio.listen(listener);
  if (mode === "both") return (listener) => leg.audio.tap(({ received, sent }) => listener(mix(received, sent)), frames);
  return (listener) => {
    let untap: () => void = () => undefined;
    const tune = () => {
      untap();
      untap = (company.other ?? leg).audio.listen(listener);
    };
    tune();
    const stop = company.onChange(tune);
    return () => {
      stop();
      untap();
    };
  };
}
