/** A voice that is asked for; what is absent is left to the provider. */
export interface WantedVoice {
  /** A language tag (RFC 5646), such as `en-GB`. */
  readonly language?: string;
  readonly voice?: string;
}

/** One sentence to speak. */
export interface SpeechJob {
  /** What `voiceFor` gave. */
  readonly voice: string;
  /** What `prepare` gave. */
  readonly text: string;
  /** 1 is the voice's own pace; 0.5 to 2. */
  readonly rate: number;
}

/** A program or service that speaks. */
export interface SpeechProvider {
  /** For messages: what it is, and what can be asked of it. */
  readonly about: string;
  /** Names the program and the way its output is treated: part of the cache's key. */
  readonly version: string;
  /** The voice for a request; `undefined`: this provider has none. */
  voiceFor(wanted: WantedVoice): Promise<string | undefined>;
  /** A sentence as the provider can read it; empty: there is nothing in it to say. */
  prepare(sentence: string): string;
  /** 8 kHz samples. Fails with `speech_failed`; an abort rejects with the signal's reason. */
  synthesise(job: SpeechJob, signal: AbortSignal): Promise<Int16Array>;
  close(): Promise<void>;
}
