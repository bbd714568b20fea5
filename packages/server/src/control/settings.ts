import type { Action, StreamAction } from "@piopiy/pcmo";
import type { Clock, Ids } from "../base/index.ts";
import type { Dialler, DialTarget } from "../call/index.ts";
import type { AudioPort, JsonPost, RecordingFormat, RecordingPort, StreamPort } from "../interpreter/index.ts";
import type { OutboxOptions } from "../outbox/index.ts";
import type { Store } from "../store/index.ts";
import type { Exit } from "./guards/destinations.ts";
import type { OutsideLimits, ServerLimits } from "./guards/toll-guard.ts";
import type { Limits } from "./pacing.ts";

/** What control needs of the configuration, and of the layers below. */
export interface ControlOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly dialler: Dialler;
  readonly audio: AudioPort;
  readonly callbacks: JsonPost;
  readonly recordings: RecordingPort;
  readonly streams: StreamPort;
  /** What is heard while a bot is away, in place of the built-in music. */
  readonly holdMusic?: Int16Array;
  /** Where the recording with this id lies. */
  readonly recordingFile: (id: string, format?: RecordingFormat) => string;
  readonly apps: readonly AppSettings[];
  readonly numbers: readonly NumberSettings[];
  readonly phones: readonly PhoneSettings[];
  readonly trunks?: readonly TrunkSettings[];
  /** How a target leaves this server; phones do not. Absent: nothing leaves it. */
  readonly exitOf?: (target: DialTarget) => Exit | undefined;
  /** What calls over trunks may cost, all apps together. */
  readonly limits?: ServerLimits | undefined;
  /** Media sessions that can still be opened; while there is none, calls are refused with `out_of_ports`. Absent: any number. */
  readonly mediaLeft?: () => number;
  /** Calls at one time; more are refused with `rate_limited`. */
  readonly maxCalls?: number;
  /** Makes the file of a recording that a crash cut off playable; its length in ms, or undefined when there is nothing. */
  readonly recoverRecording?: (file: string) => Promise<number | undefined>;
  /** The files of recordings; absent: there are none. */
  readonly recordingDisk?: RecordingDisk | undefined;
  /** What is deleted by itself. Absent: nothing. */
  readonly retention?: RetentionSettings;
  /** How webhooks are delivered. */
  readonly delivery?: Partial<Pick<OutboxOptions, "retryAfterMs" | "timeoutMs" | "perHost">>;
}

/** For how many days something is kept after it was made or has ended; absent: for ever. */
export interface RetentionSettings {
  /** Events that were delivered, or that nobody is told of. */
  readonly eventsDays?: number | undefined;
  /** Those whose delivery was given up. */
  readonly undeliveredDays?: number | undefined;
  /** Timelines of calls, with what the calls performed. */
  readonly timelinesDays?: number | undefined;
  /** Calls and their legs, with what is left of everything else of them. */
  readonly callsDays?: number | undefined;
  readonly recordingsDays?: number | undefined;
  /** What recordings may take together: the oldest are deleted. */
  readonly recordingsBytes?: number | undefined;
  /** What shall be free on their disk: the oldest are deleted, but none of the last day. */
  readonly freeBytes?: number | undefined;
}

/** The files of recordings, on their disk. */
export interface RecordingDisk {
  /** Deletes a file; resolves too when there is none. */
  remove(file: string): Promise<void>;
  /** What a file takes; 0 when there is none. */
  bytesOf(file: string): Promise<number>;
  /** What can still be written. */
  freeBytes(): Promise<number>;
}

export interface AppSettings {
  readonly appid: string;
  /** What inbound calls perform when their number says nothing of its own. */
  readonly answer_url?: string | undefined;
  readonly cdr_url?: string | undefined;
  readonly event_url?: string | undefined;
  /** Asked, or performed, when the answer URL gives no flow. */
  readonly fallback_url?: string | undefined;
  readonly fallback_pcmo?: readonly Action[] | undefined;
  readonly limits?: AppLimits | undefined;
  /** What its webhooks are signed with, the newest first; none: they are not. */
  readonly webhook_secrets?: readonly string[] | undefined;
}

/** How many calls an app begins, and what they may cost. */
export interface AppLimits extends Limits, OutsideLimits {
  /** Legs over trunks at one time, those that flows dial too. */
  readonly trunk_legs?: number | undefined;
}

export interface NumberSettings {
  readonly number: string;
  /** The appid it belongs to; absent: to the only app. */
  readonly app?: string | undefined;
  readonly answer_url?: string | undefined;
  readonly pcmo?: readonly Action[] | undefined;
  /** The app's when absent. */
  readonly fallback_url?: string | undefined;
  readonly fallback_pcmo?: readonly Action[] | undefined;
  /** How the bots of its calls speak, where a stream does not say. */
  readonly stream_dialect?: StreamAction["dialect"] | undefined;
}

export interface TrunkSettings {
  readonly name: string;
  readonly limits?: Limits | undefined;
}

export interface PhoneSettings {
  readonly username: string;
  readonly number?: string | undefined;
}

/** A number without what is only for the eye, and without the plus. */
export const plainNumber = (party: string): string => party.replaceAll(/[+\s().-]/g, "");

export function appOf(world: Pick<ControlOptions, "apps">, appid: string): AppSettings | undefined {
  return world.apps.find((app) => app.appid === appid);
}
