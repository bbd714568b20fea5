import type { Clock, Timer } from "../base/index.ts";
import type { Report, Tell } from "./protocol.ts";

/** What is only to keep a playback fed, seconds ahead, waits this long for company. */
const PATIENCE_MS = 100;

/**
 * Collects the reports of one turn, so that a turn of hundreds of sessions is one message to the other thread. Reports
 * of used samples, which are most of all, wake that thread ten times a second instead of at every turn: where it shares
 * a core with this one, each time it wakes it delays packets.
 */
export function batched(clock: Clock, post: (reports: readonly Report[], transfer: ArrayBuffer[]) => void): Tell {
  let reports: Report[] = [];
  let transfers: ArrayBuffer[] = [];
  let urgent = false;
  let timer: Timer | undefined;
  const flush = () => {
    const [turn, buffers] = [reports, transfers];
    reports = [];
    transfers = [];
    urgent = false;
    timer?.cancel();
    timer = undefined;
    post(turn, buffers);
  };
  return (report, transfer) => {
    reports.push(report);
    if (transfer) transfers.push(...transfer);
    if (urgent) return;
    if (report.type === "used") {
      timer ??= clock.setTimer(PATIENCE_MS, flush);
      return;
    }
    urgent = true;
    // Microtasks run when the turn, or whatever else the event loop had called, is through.
    queueMicrotask(flush);
  };
}
