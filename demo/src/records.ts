import { until } from "./wait.ts";

/** What the demo reads of `GET /calls/:id`. */
export interface CallRecord {
  readonly status: string;
  readonly cause: string | null;
  readonly legs: readonly unknown[];
  readonly recordings: readonly { readonly recording_id: string; readonly url: string | null }[];
}

function isCallRecord(body: unknown): body is CallRecord {
  return typeof body === "object" && body !== null && "status" in body && "legs" in body && "recordings" in body;
}

/** The record of a call, once the call and its recordings are complete. */
export function finished(url: string, authorization: string, requestId: string): Promise<CallRecord> {
  return until("the call's record", async () => {
    const response = await fetch(`${url}/calls/${requestId}`, { headers: { authorization } });
    if (!response.ok) throw new Error(`GET /calls/:id answered ${response.status}`);
    const record: unknown = await response.json();
    return isCallRecord(record) && record.status === "ended" ? record : undefined;
  });
}

/** The WAV file of the call's first recording. */
export async function recordingOf(url: string, authorization: string, record: CallRecord): Promise<Uint8Array> {
  const [recording] = record.recordings;
  if (!recording?.url) throw new Error("the call has no recording that is complete");
  const response = await fetch(`${url}${recording.url}`, { headers: { authorization } });
  if (!response.ok) throw new Error(`GET /recordings/:id answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
