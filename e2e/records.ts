import { parseWav, toneSpans } from "@piopiy/server";
import { until } from "./running-program.ts";

/** What the tests read of `GET /calls/:id`. */
export interface CallRecord {
  readonly call_id: string;
  readonly request_id: string | null;
  readonly direction: string;
  readonly from: string;
  readonly to: string;
  readonly status: string;
  readonly cause: string | null;
  readonly duration_ms: number | null;
  readonly legs: readonly LegView[];
  readonly timeline: readonly { readonly type: string }[];
  readonly recordings: readonly { readonly status: string; readonly url: string | null }[];
}

interface LegView {
  readonly leg: string;
  readonly to: string;
  readonly status: string;
  readonly cause: string | null;
  readonly ended_by: string | null;
  readonly sip_status: number | null;
}

/** A stereo recording: what the party said and what it heard, as 8 kHz PCM. */
export interface Recorded {
  readonly said: Int16Array;
  readonly heard: Int16Array;
}

/** The records of one app's calls, by the API. */
export interface Records {
  /** The only call there was, once it has ended. */
  single(): Promise<CallRecord>;
  /** All calls, once there are `count` and every one has ended. */
  all(count: number): Promise<readonly CallRecord[]>;
  /** The first recording of a call. */
  recording(call: CallRecord): Promise<Recorded>;
}

export function recordsOf(url: string, app: { readonly appid: string; readonly secret: string }): Records {
  const authorization = `Basic ${Buffer.from(`${app.appid}:${app.secret}`).toString("base64")}`;
  const get = async (path: string) => {
    const response = await fetch(`${url}${path}`, { headers: { authorization } });
    if (!response.ok) throw new Error(`GET ${path} answered ${response.status}`);
    return response;
  };
  const all = async (count: number) => {
    const calls = await until(`the records of ${count} ended calls`, async () => {
      const list: { readonly calls: readonly Pick<CallRecord, "call_id" | "status">[] } = JSON.parse(await (await get("/calls?limit=100")).text());
      return list.calls.length >= count && list.calls.every(({ status }) => status === "ended") ? list.calls : undefined;
    });
    if (calls.length > count) throw new Error(`there are ${calls.length} calls instead of ${count}`);
    return await Promise.all(
      calls.map(async ({ call_id }) => {
        const record: CallRecord = JSON.parse(await (await get(`/calls/${call_id}`)).text());
        return record;
      }),
    );
  };
  return {
    all,
    async single() {
      const [call] = await all(1);
      if (!call) throw new Error("there is no call");
      return call;
    },
    async recording({ recordings: [recording] }) {
      if (!recording?.url) throw new Error("the call has no recording that is complete");
      const { channels } = parseWav(new Uint8Array(await (await get(recording.url)).arrayBuffer()));
      const [said, heard] = channels;
      if (!said || !heard) throw new Error(`the recording has ${channels.length} channels instead of 2`);
      return { said, heard };
    },
  };
}

/** For how long a tone was heard alone, in ms. */
export function toneMs(samples: Int16Array, frequencyHz: number): number {
  return toneSpans(samples, [frequencyHz]).reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
}
