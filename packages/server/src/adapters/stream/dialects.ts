import { streamProtocol } from "@piopiy/pcmo";
import type { StreamSpeech } from "../../interpreter/index.ts";
import { compatibleDialect } from "./compatible.ts";
import type { Dialect, DialectOptions } from "./dialect.ts";
import { exactDialect } from "./exact.ts";
import { twilioDialect, twilioSampleRateHz } from "./twilio.ts";

/** A way in which bots speak. */
export interface Speech {
  readonly dialect: (options: DialectOptions) => Dialect;
  /** Offered in the upgrade. Bots that know of none may take whatever they are offered: nothing else is. */
  readonly subProtocol?: string;
  /** Where the action's rate does not count. */
  readonly sampleRateHz?: 8000 | 16_000;
  /** For how long a lost connection is tried again, where the action does not say. */
  readonly reconnectMs: number;
}

/** The next dialect is its file, and a line here. */
const speeches = {
  compatible: { dialect: compatibleDialect, reconnectMs: 0 },
  v1: { dialect: exactDialect, subProtocol: streamProtocol, reconnectMs: 30_000 },
  twilio: { dialect: twilioDialect, sampleRateHz: twilioSampleRateHz, reconnectMs: 0 },
} as const satisfies Record<Exclude<StreamSpeech, "auto">, Speech>;

/** What is offered to the bot, and what is spoken once it has taken that or left it. */
export function speechOf(speaks: StreamSpeech): { readonly subProtocol: string | undefined; readonly spoken: (selected: boolean) => Speech } {
  const { subProtocol }: Speech = speeches[speaks === "auto" ? "v1" : speaks];
  return { subProtocol, spoken: (selected) => speeches[speaks !== "auto" ? speaks : selected ? "v1" : "compatible"] };
}
