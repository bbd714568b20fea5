import type { Dialling } from "../dial.ts";
import { dialRounds } from "../dial-rounds.ts";
import { talk } from "../talk.ts";
import type { Stage, VerbResult } from "../verb.ts";

/**
 * `bridge` and `connect`: dials the destinations, one after the other or all at once, and joins the first to answer.
 * The leg of the flow hears ringback meanwhile if it is up; an inbound one that is not is answered only when somebody
 * answers for it. When the other side ends, or `duration` is over, the flow goes on; when the flow's leg ends, the
 * other side is hung up.
 */
export async function bridge(action: Dialling, stage: Stage): Promise<VerbResult> {
  const { answer, attempts, settled } = await dialRounds(action, stage);
  // A cancelled phone may take its time to confirm: neither the conversation nor the next action waits for it.
  const unfinished: Promise<unknown> = settled.finally(() => stage.unfinished.delete(unfinished));
  stage.unfinished.add(unfinished);
  if (answer) {
    const talked = await talk(answer, action, stage);
    const { destination, round, legId } = answer;
    return { outcome: { answered: true, destination, round, other: legId, attempts: [...attempts], ...talked } };
  }
  if (stage.signal.aborted) throw stage.signal.reason;
  return { outcome: { answered: false, attempts: [...attempts] } };
}
