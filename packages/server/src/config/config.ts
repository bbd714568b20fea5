import type { Action } from "@piopiy/pcmo";
import type { AppLimitsConfig, PaceConfig, ServerLimitsConfig } from "./limits-config.ts";

/** Everything the server is told, complete. Ports: 0 takes any free one, `false` is off. Paths: as given, `data` first. */
export interface Config {
  readonly http: HttpConfig;
  readonly sip: {
    readonly host: string;
    /** What others reach it at, where that is not `host`. */
    readonly advertise?: string;
    /** `reinvite`: phones that are put on hold are told so, beside the music. */
    readonly hold?: "music" | "reinvite";
    /** Who may send a call on by REFER, or take one over by Replaces; `phones` when absent. */
    readonly refer?: "off" | "phones" | "all";
    readonly udp: number | false;
    readonly tcp: number | false;
    /** SIP over TLS. Files are PEM. */
    readonly tls?: {
      readonly port: number | false;
      readonly cert: string;
      readonly key: string;
      readonly ca?: string;
      readonly verify_client: boolean;
    };
    /** SIP over WebSocket, for browsers. */
    readonly ws?: {
      readonly port: number | false;
      readonly path?: string;
      readonly origins?: readonly string[];
      readonly secure: boolean;
    };
    /** The digests phones are asked for, the preferred one first; MD5 when absent. */
    readonly digest?: readonly ("MD5" | "SHA-256")[];
    /** What strangers may do; the usual when absent. */
    readonly guard?: {
      readonly enabled: boolean;
      /** Addresses and blocks (CIDR). */
      readonly trusted: readonly string[];
      readonly requests_per_second: number;
      readonly failures_per_minute: number;
      readonly connections_per_address: number;
    };
  };
  readonly media: {
    readonly host: string;
    /** The first and the last UDP port of RTP; `[0, 0]` takes any free ones. */
    readonly ports: readonly [number, number];
    readonly folder: string;
    readonly workers: number;
    /** Packets by the native pump where there is one; `auto` when absent. */
    readonly pump?: "auto" | "off";
    /** What others reach it at, where that is not `host`. */
    readonly advertise?: string;
    /** What is spoken, in the order of preference. */
    readonly codecs?: readonly ("PCMU" | "PCMA" | "G722" | "opus")[];
    /** Whether audio is SRTP; `optional` when absent. */
    readonly encryption?: EncryptionConfig;
    /** How we ask for keys of SRTP; `sdes` when absent. */
    readonly keying?: KeyingConfig;
    /** Keys of SRTP may be told without TLS. */
    readonly sdes_without_tls?: boolean;
    /** The name of a file in `folder`. */
    readonly hold_music?: string;
    /** Seconds that a party which should send may send nothing; 0: for ever. 60 when absent. */
    readonly timeout?: number;
  };
  /** How events and records are delivered. Seconds. */
  readonly webhooks: { readonly retry_after: readonly number[]; readonly timeout: number; readonly per_host: number };
  readonly retention: RetentionConfig;
  readonly speech: SpeechConfig;
  /** What calls over trunks may cost, all apps together. */
  readonly limits?: ServerLimitsConfig;
  /** Hosts, addresses and blocks that URLs may point to although they are private. */
  readonly urls?: { readonly allow?: readonly string[] };
  /** Seconds that calls may go on for when the server is told to stop. */
  readonly drain: number;
  readonly data: string;
  /** Empty: the server makes a development app. */
  readonly apps: readonly AppConfig[];
  readonly numbers: readonly NumberConfig[];
  readonly trunks: readonly TrunkConfig[];
  readonly phones: readonly PhoneConfig[];
}

/** Never, where the other side does it as well, or always. */
/** Told in SDP (RFC 4568), or agreed on by DTLS (RFC 5763). */
export type KeyingConfig = "sdes" | "dtls";

export type EncryptionConfig = "off" | "optional" | "required";

/** How the API is served. Files are PEM. */
export interface HttpConfig {
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Requests in a second, by app and by address, and wrong credentials in a minute, by address. */
  readonly rate?: { readonly app: number; readonly address: number; readonly bad_credentials: number };
  /** The largest body that is taken, in KiB. */
  readonly body_kb?: number;
  /** Addresses and blocks of proxies whose `X-Forwarded-For` is believed. */
  readonly proxies?: readonly string[];
}

/** For how many days something is kept; absent: for ever. */
export interface RetentionConfig {
  /** Events and records of legs, once they are delivered. */
  readonly events: number;
  /** Those whose delivery was given up. */
  readonly undelivered?: number;
  readonly timelines: number;
  readonly calls: number;
  readonly recordings?: number;
  /** What recordings may take together, in 10^9 bytes. */
  readonly recordings_gb?: number;
  /** What shall stay free on the disk. */
  readonly free_gb?: number;
}

/** Who speaks. `flite` is inside, and hands languages it does not have to `espeak-ng` where that is installed. */
export interface SpeechConfig {
  readonly provider: "flite" | "espeak-ng" | "openai";
  /** Of an OpenAI-compatible service. */
  readonly base_url?: string;
  readonly api_key?: string;
  readonly model?: string;
  /** The voice when an action names none. */
  readonly voice?: string;
}

export interface AppConfig {
  readonly appid: string;
  readonly secret: string;
  readonly answer_url?: string;
  readonly cdr_url?: string;
  readonly event_url?: string;
  /** What webhooks are signed with: the current secret, then the one before. */
  readonly webhook_secrets?: readonly string[];
  readonly fallback_url?: string;
  readonly fallback_pcmo?: readonly Action[];
  readonly limits?: AppLimitsConfig;
}

/** What a call to a number performs. Without `app` it belongs to the development app. */
export type NumberConfig = {
  readonly number: string;
  readonly app?: string;
  readonly fallback_url?: string;
  readonly fallback_pcmo?: readonly Action[];
  /** How the bots of its calls speak, where a stream does not say. */
  readonly stream_dialect?: "twilio";
} & (
  | { readonly answer_url: string }
  | { readonly pcmo: readonly Action[] }
);

export interface TrunkConfig {
  readonly name: string;
  readonly host: string;
  /** Absent: what DNS says (SRV), else the usual one. */
  readonly port?: number;
  readonly transport: "udp" | "tcp" | "tls";
  /** How its certificate is verified: not at all, or by the authority in a file. */
  readonly tls?: { readonly verify: false | string };
  readonly username?: string;
  readonly password?: string;
  readonly register: boolean;
  /** Addresses and blocks (CIDR) that calls from this trunk come from, beside its own host. */
  readonly allow: readonly string[];
  /** Absent: what `media` says. */
  readonly encryption?: EncryptionConfig;
  /** Absent: what `media` says. */
  readonly keying?: KeyingConfig;
  readonly limits?: PaceConfig;
  /** It leads to phones of our own only. Absent: as long as nobody told which numbers may be called, if its host is private. */
  readonly local?: boolean;
}

export interface PhoneConfig {
  readonly username: string;
  readonly password: string;
  readonly number?: string;
}
