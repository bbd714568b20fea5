import type { TimelineEvent } from "../interpreter/index.ts";

/** What is told to an app of a stream. */
export interface StreamTold {
  readonly status: "stream_connected" | "stream_disconnected" | "stream_error";
  /** What receivers of the hosted platform get as `ws_status`: JSON text. */
  readonly wsStatus: string;
}

/** What an entry of the timeline tells of a stream; nothing, if it is about something else. */
export function streamTold({ type, data = {} }: TimelineEvent): StreamTold | undefined {
  if (type === "stream.connected" || type === "stream.resumed") return { status: "stream_connected", wsStatus: JSON.stringify({ status: "connected" }) };
  if (type === "stream.closed") {
    const message = { code: data["code"], reason: data["reason"] };
    return { status: "stream_disconnected", wsStatus: JSON.stringify({ status: "disconnected", message }) };
  }
  if (type === "stream.lost") return failed(`the connection was lost (${String(data["code"])})`, data["waitMs"]);
  return type === "stream.failed" ? failed(data["message"], 0) : undefined;
}

/** `waitMs`: how long it takes until the next attempt; 0: there is none. */
function failed(error: unknown, waitMs: unknown): StreamTold {
  const message = { retries: 0, error, wait_time: waitMs };
  return { status: "stream_error", wsStatus: JSON.stringify({ status: "error", message }) };
}
