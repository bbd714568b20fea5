import { BatchWriter, type Batch } from "./batch.ts";
import { SampleRecord, type Report, type SampleReports, type Tell } from "./protocol.ts";

/** What is only to keep a playback fed, seconds ahead, waits this long for company. */
const PATIENCE_MS = 100;
/** So does a batch of a tap whose listener waits for so much: 400 ms. */
const PATIENT_SAMPLES = 3200;

/**
 * Collects what a thread reports, so that a turn of hundreds of sessions is one message to the other thread. Reports
 * of used samples wake that thread ten times a second instead of at every turn: where it shares a core with this one,
 * each time it wakes it delays packets.
 */
export interface ReportBatch {
  readonly tell: Tell;
  readonly samples: SampleReports;
  /** Hands over what there is; to be called in every turn, before the thread waits. */
  readonly flush: (nowMs: number) => void;
}

/** `told`: there is something to be handed over now. */
export function createReportBatch(post: (batch: Batch<Report>, transfer: readonly ArrayBuffer[]) => void, told: () => void): ReportBatch {
  const batch = new BatchWriter<Report>();
  let urgent = false;
  /** Since when there is something that can wait. */
  let sinceMs: number | undefined;
  const hurry = () => {
    if (!urgent) told();
    urgent = true;
  };
  return {
    tell(report) {
      batch.add(report);
      if (report.type !== "used") hurry();
    },
    samples: {
      heard(session, frame) {
        batch.addSamples(SampleRecord.heard, session, 0, frame);
        hurry();
      },
      tapped(session, received, sent) {
        batch.addSamples(SampleRecord.tapped, session, 0, received, sent);
        if (received.length < PATIENT_SAMPLES) hurry();
      },
      relay(session, link, frame) {
        batch.addSamples(SampleRecord.relay, session, link, frame);
        hurry();
      },
    },
    flush(nowMs) {
      if (batch.empty) return;
      sinceMs ??= nowMs;
      if (!urgent && nowMs - sinceMs < PATIENCE_MS) return;
      urgent = false;
      sinceMs = undefined;
      batch.take(post);
    },
  };
}
