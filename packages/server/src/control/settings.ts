import type { Action } from "@piopiy/pcmo";
import type { Clock, Ids } from "../base/index.ts";
import type { Dialler } from "../call/index.ts";
import type { AudioPort, CallbackPort, RecordingFormat, RecordingPort } from "../interpreter/index.ts";
import type { Store } from "../store/index.ts";

/** What control needs of the configuration, and of the layers below. */
export interface ControlOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly dialler: Dialler;
  readonly audio: AudioPort;
  readonly callbacks: CallbackPort;
  readonly recordings: RecordingPort;
  /** Where the recording with this id lies. */
  readonly recordingFile: (id: string, format?: RecordingFormat) => string;
  readonly apps: readonly AppSettings[];
  readonly numbers: readonly NumberSettings[];
  readonly phones: readonly PhoneSettings[];
  /** Calls at one time; more are refused with `rate_limited`. */
  readonly maxCalls?: number;
}

export interface AppSettings {
  readonly appid: string;
  /** What inbound calls perform when their number says nothing of its own. */
  readonly answer_url?: string | undefined;
  readonly cdr_url?: string | undefined;
  readonly event_url?: string | undefined;
}

export interface NumberSettings {
  readonly number: string;
  /** The appid it belongs to; absent: to the only app. */
  readonly app?: string | undefined;
  readonly answer_url?: string | undefined;
  readonly pcmo?: readonly Action[] | undefined;
}

export interface PhoneSettings {
  readonly username: string;
  readonly number?: string | undefined;
}

export function appOf(world: Pick<ControlOptions, "apps">, appid: string): AppSettings | undefined {
  return world.apps.find((app) => app.appid === appid);
}
