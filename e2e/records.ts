import { dominantTone, parseWav } from "@piopiy/server";
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

const FRAME_MS = 20;
const FRAME_SAMPLES = 160;

/** For how long a tone was heard alone, in ms: all of it together, however it was torn apart on its way. */
export function toneMs(samples: Int16Array, frequencyHz: number): number {
  return framesWith(samples, frequencyHz).length * FRAME_MS;
}

/** The longest gap within a tone, from its first frame to its last, in ms; `undefined` for what was not heard. */
export function longestGapMs(samples: Int16Array, frequencyHz: number): number | undefined {
  const frames = framesWith(samples, frequencyHz);
  return frames.length === 0 ? undefined : Math.max(0, ...frames.slice(1).map((frame, index) => (frame - (frames[index] ?? frame) - 1) * FRAME_MS));
}

/** From when to when a tone was there; less than `gapMs` without it does not part it in two. In ms. */
export function stretchesOf(samples: Int16Array, frequencyHz: number, gapMs: number): readonly { readonly fromMs: number; readonly toMs: number }[] {
  const stretches: { fromMs: number; toMs: number }[] = [];
  for (const frame of framesWith(samples, frequencyHz)) {
    const [last, fromMs] = [stretches.at(-1), frame * FRAME_MS];
    if (last && fromMs - last.toMs < gapMs) last.toMs = fromMs + FRAME_MS;
    else stretches.push({ fromMs, toMs: fromMs + FRAME_MS });
  }
  return stretches;
}

/** The numbers of the frames in which a tone is alone. */
function framesWith(samples: Int16Array, frequencyHz: number): readonly number[] {
  return Array.from({ length: Math.floor(samples.length / FRAME_SAMPLES) }, (_, frame) => frame)
    .filter((frame) => dominantTone(samples.subarray(frame * FRAME_SAMPLES, (frame + 1) * FRAME_SAMPLES), [frequencyHz]) === frequencyHz);
}
