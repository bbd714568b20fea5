import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseWav, wavFile } from "@piopiy/server";
import { freePorts, LOOPBACK } from "./ports.ts";
import { missing, startProgram, type Cleanup } from "./running-program.ts";

/** Where distributions put baresip's modules. */
const MODULES = [
  "/usr/lib/baresip/modules",
  `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu/baresip/modules`,
  "/usr/lib64/baresip/modules",
  "/usr/local/lib/baresip/modules",
].find((folder) => existsSync(join(folder, "g711.so")));

/** Why baresip cannot be run here. */
export const noBaresip = missing("baresip", "baresip-core") ?? (MODULES === undefined ? "baresip's modules are not found" : undefined);
if (noBaresip !== undefined) console.warn(`Left out: ${noBaresip}`);

/** By what baresip calls them: the module, and what the codec is fed with. */
const codecs = {
  pcmu: { module: "g711", rateHz: 8000, channels: 1 },
  pcma: { module: "g711", rateHz: 8000, channels: 1 },
  g722: { module: "g722", rateHz: 16_000, channels: 1 },
  opus: { module: "opus", rateHz: 48_000, channels: 2 },
} as const;
type Codec = keyof typeof codecs;

export interface BaresipOptions {
  readonly username: string;
  readonly password: string;
  /** Where the server takes SIP. */
  readonly server: { readonly host: string; readonly port: number };
  readonly transport?: "udp" | "tcp" | "tls";
  /** A file with the authorities that the server is verified by, over TLS. */
  readonly ca?: string;
  /** The address it is at; this machine's own unless told. */
  readonly host?: string;
  /** A network namespace it runs in. */
  readonly namespace?: string;
  /** How often it registers, in seconds, from 3 to 57; every 54 unless told. */
  readonly registersEvery?: number;
  /** The only codec it speaks; `pcmu` unless told. */
  readonly codec?: Codec;
  /** The tone it says, in Hz, for as long as a call lasts. */
  readonly says: number;
  readonly answers?: boolean;
  /** How its audio is encrypted: keys beside RTP/AVP, RTP/SAVP, RTP/SAVPF, or agreed on by DTLS; not at all unless told. */
  readonly encryption?: "srtp" | "srtp-mand" | "srtp-mandf" | "dtls_srtp";
}

/** baresip, a softphone, registered with the server. */
export interface Baresip {
  call(number: string): void;
  /** Resolves once the next call is up, with what it has said of it until then. */
  readonly inCall: () => Promise<string>;
  /** Presses keys as they are typed, each until it has been sent. */
  press(keys: string): Promise<void>;
  /** Resolves once the call has lasted so many seconds, up to 9. */
  lasted(seconds: number): Promise<void>;
  /** Puts the call on hold, or takes it back. */
  hold(): void;
  resume(): void;
  /** Sends the other side of the call on to a number. */
  transfer(number: string): void;
  hangUp(): Promise<void>;
  /** Resolves once the call is over, with the reason that it tells. */
  readonly callEnded: () => Promise<string>;
  /** Its own recording of what it heard in the last call, which is over: 8 kHz PCM. */
  heard(): Promise<Int16Array>;
}

/** Starts baresip with a configuration of its own; resolves once the server has taken its registration. */
export async function startBaresip(cleanup: Cleanup, options: BaresipOptions): Promise<Baresip> {
  const folder = await mkdtemp(join(tmpdir(), "piopiy-baresip-"));
  cleanup(() => rm(folder, { recursive: true }));
  await writeConfiguration(folder, options);
  const [command, ...args] = [...(options.namespace ? ["ip", "netns", "exec", options.namespace] : []), "baresip", "-f", folder] as const;
  const program = startProgram(cleanup, command, args);
  await program.says(/registered successfully/);
  const uri = (number: string) => `sip:${number}@${hostPort(options.server)};transport=${options.transport ?? "udp"}`;
  return {
    call: (number) => program.type(`/dial ${uri(number)}\n`),
    inCall: async () => (await program.says(/[^]*?Call established/))[0],
    async press(keys) {
      for (const key of keys) {
        program.type(key);
        await program.says(/DTMF digit end/);
      }
    },
    lasted: async (seconds) => void (await program.says(new RegExp(`\\[0:00:0${seconds}\\]`))),
    transfer: (number) => program.type(`/transfer ${uri(number)}\n`),
    hold: () => program.type("/hold\n"),
    resume: () => program.type("/resume\n"),
    async hangUp() {
      program.type("/hangup\n");
      await program.says(/terminated \(duration/);
    },
    callEnded: async () => (await program.says(/session closed: (.*)/))[1] ?? "",
    async heard() {
      // Their names have the time of the call.
      const recording = (await readdir(folder)).filter((name) => name.endsWith("-dec.wav")).sort().at(-1);
      if (recording === undefined) throw new Error(`baresip recorded nothing. It said:\n${program.output()}`);
      const { samples, sampleRateHz } = parseWav(await readFile(join(folder, recording)));
      return thinned(samples, sampleRateHz / 8000);
    },
  };
}

const hostPort = ({ host, port }: { readonly host: string; readonly port: number }): string => (host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`);

/** A minute of a tone, on all channels. */
const sine = (frequencyHz: number, rateHz: number, channels: number): Int16Array =>
  Int16Array.from({ length: rateHz * channels * 60 }, (_, index) => Math.round(8000 * Math.sin((2 * Math.PI * frequencyHz * Math.floor(index / channels)) / rateHz)));

/** Every so many-th sample: our tones are so low that nothing of them is taken for another. */
function thinned(samples: Int16Array, step: number): Int16Array {
  if (!Number.isInteger(step)) throw new Error("baresip recorded at a rate that is no multiple of 8 kHz.");
  return Int16Array.from({ length: Math.floor(samples.length / step) }, (_, index) => samples[index * step] ?? 0);
}

async function writeConfiguration(folder: string, options: BaresipOptions): Promise<void> {
  const { username, password, server, transport = "udp", says, answers = false, host = LOOPBACK, registersEvery = 54, codec = "pcmu" } = options;
  const { module, rateHz, channels } = codecs[codec];
  const port = await freePorts(4);
  const speech = join(folder, "says.wav");
  // Its recordings come from the module sndfile; without a player it decodes what arrives all the same.
  const config = [
    `sip_listen ${hostPort({ host, port })}`,
    ...(options.ca === undefined ? [] : [`sip_cafile ${options.ca}`]),
    `rtp_ports ${port + 2}-${port + 3}`,
    `audio_source aufile,${speech}`,
    "audio_player none",
    `snd_path ${folder}`,
    `module_path ${MODULES}`,
    ...["stdio", module, "aufile", "sndfile", ...(options.encryption ? [options.encryption === "dtls_srtp" ? "dtls_srtp" : "srtp"] : [])].map((name) => `module ${name}.so`),
    "module_tmp account.so",
    "module_app menu.so",
  ];
  const account = [
    `<sip:${username}@${hostPort(server)};transport=${transport}>`,
    `auth_user=${username}`,
    `auth_pass=${password}`,
    "regint=60",
    `rwait=${Math.round(registersEvery / 0.6)}`,
    `audio_codecs=${codec}/${rateHz}/${channels}`,
    ...(answers ? ["answermode=auto"] : []),
    ...(options.encryption ? [`mediaenc=${options.encryption}`] : []),
  ];
  const tone = wavFile({ channels, sampleRateHz: rateHz }, sine(says, rateHz, channels));
  await Promise.all([
    writeFile(join(folder, "config"), `${config.join("\n")}\n`),
    writeFile(join(folder, "accounts"), `${account.join(";")}\n`),
    writeFile(join(folder, "contacts"), ""),
    writeFile(speech, tone),
  ]);
}
