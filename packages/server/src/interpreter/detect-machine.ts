import { createMachineDetector, type MachineDetection } from "../audio/index.ts";
import type { Leg } from "../call/index.ts";

/**
 * Listens to a leg from its answer on, and tells who has answered as soon as it is known. Nothing waits for it: what is
 * played to the party begins when it begins.
 */
export function detectMachine(leg: Leg, tell: (detection: MachineDetection) => void): void {
  const detector = createMachineDetector();
  const stop = leg.audio.listen((frame) => {
    const detection = detector.push(frame);
    if (detection) tell(detection);
    if (detector.done) end();
  });
  const end = () => {
    leg.signal.removeEventListener("abort", end);
    stop();
  };
  leg.signal.addEventListener("abort", end, { once: true });
  if (leg.signal.aborted) end();
}
