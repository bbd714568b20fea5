import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseWav, toneSamples, wavFile } from "@piopiy/server";
import { freePorts, LOOPBACK } from "./ports.ts";
import { needs, startProgram, until, type Cleanup } from "./running-program.ts";

export interface LinphoneOptions {
  readonly username: string;
  readonly password: string;
  /** The server's SIP port. */
  readonly server: number;
  readonly transport?: "udp" | "tcp";
  /** Its audio is SRTP or none; `dtls`: by keys that are agreed on by DTLS. */
  readonly encrypts?: boolean | "dtls";
  /** The tone it says, in Hz, for as long as a call lasts. */
  readonly says: number;
}

/** linphonec, a softphone, registered with the server. It answers whoever calls. */
export interface Linphone {
  call(number: string): void;
  /** Puts its call on hold. */
  pause(): Promise<void>;
  /** Hands its first call over to whom its second one leads to: an attended transfer. */
  handOver(): void;
  /** Resolves once the call is over. */
  callEnded(): Promise<void>;
  /** Its own recording of what it heard in the last call, which is over: 8 kHz PCM. */
  heard(): Promise<Int16Array>;
}

/** Starts linphonec with a home of its own; resolves once the server has taken its registration. */
export async function startLinphone(cleanup: Cleanup, options: LinphoneOptions): Promise<Linphone> {
  needs("linphonec", "linphone-cli");
  const folder = await mkdtemp(join(tmpdir(), "piopiy-linphone-"));
  cleanup(() => rm(folder, { recursive: true }));
  const port = await freePorts(4);
  const configuration = await writeConfiguration(folder, port, options);
  const env = { HOME: folder };
  const program = startProgram(cleanup, "linphonec", ["-c", configuration, "-a"], { cwd: folder, env });
  await program.says(/linphonec>/);
  for (const command of ["soundcard use files", "play says.wav", "record heard.wav"]) {
    program.type(`${command}\n`);
    await program.says(/linphonec>/);
  }
  await until("the registration of linphone", () => {
    program.type("status register\n");
    return /^registered, /m.test(program.output()) || undefined;
  });
  return {
    call: (number) => program.type(`call sip:${number}@${LOOPBACK}:${options.server}\n`),
    async pause() {
      program.type("pause\n");
      await program.says(/Call \d+ .*paused/i);
    },
    handOver: () => program.type("transfer 1 --to-call 2\n"),
    callEnded: async () => void (await program.says(/Call \d+ .*ended/)),
    async heard() {
      const { samples, sampleRateHz } = parseWav(await readFile(join(folder, "heard.wav")));
      if (sampleRateHz !== 8000) throw new Error(`linphonec recorded at ${sampleRateHz} Hz`);
      return samples;
    },
  };
}

async function writeConfiguration(folder: string, port: number, { username, password, server, transport = "udp", encrypts = false, says }: LinphoneOptions): Promise<string> {
  const sections = {
    sip: {
      sip_port: transport === "udp" ? port : -1, sip_tcp_port: transport === "tcp" ? port : -1, sip_tls_port: -1,
      default_proxy: 0, register_only_when_network_is_up: 0, guess_hostname: 0, use_ipv6: 0,
      ...(encrypts && { media_encryption: encrypts === "dtls" ? "dtls" : "srtp", media_encryption_mandatory: 1 }),
    },
    ...(encrypts === "dtls" && { misc: { user_certificates_path: folder } }),
    net: { dns_srv_enabled: 0 },
    rtp: { audio_rtp_port: port + 2 },
    auth_info_0: { username, passwd: password },
    proxy_0: {
      reg_proxy: `<sip:${LOOPBACK}:${server};transport=${transport}>`, reg_identity: `sip:${username}@${LOOPBACK}:${server}`,
      reg_expires: 60, reg_sendregister: 1, publish: 0,
    },
    audio_codec_0: { mime: "PCMU", rate: 8000, enabled: 1 },
    audio_codec_1: { mime: "opus", rate: 48_000, channels: 2, enabled: 0 },
  };
  const text = Object.entries(sections).map(([name, values]) => [`[${name}]`, ...Object.entries(values).map(([key, value]) => `${key}=${value}`)].join("\n"));
  const file = join(folder, "linphonerc");
  await writeFile(file, `${text.join("\n\n")}\n`);
  await writeFile(join(folder, "says.wav"), wavFile({ channels: 1, sampleRateHz: 8000 }, toneSamples({ frequencyHz: says, durationMs: 60_000 })));
  // Without a place for its database it does not start.
  await mkdir(join(folder, ".local/share/linphone"), { recursive: true });
  return file;
}
