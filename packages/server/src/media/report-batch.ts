import type { Report, Tell } from "./protocol.ts";

/** Collects the reports of one turn, so that a turn of hundreds of sessions is one message to the other thread. */
export function batched(post: (reports: readonly Report[], transfer: ArrayBuffer[]) => void): Tell {
  let reports: Report[] = [];
  let transfers: ArrayBuffer[] = [];
  const flush = () => {
    const [turn, buffers] = [reports, transfers];
    reports = [];
    transfers = [];
    post(turn, buffers);
  };
  return (report, transfer) => {
    // Microtasks run when the turn, or whatever else the event loop had called, is through.
    if (reports.length === 0) queueMicrotask(flush);
    reports.push(report);
    if (transfer) transfers.push(...transfer);
  };
}
