import type { Issue } from "@piopiy/pcmo";
import { messageOf, PiopiyError } from "./base/index.ts";
import { compileLater } from "./compile-later.ts";
import type { AppConfig, Config } from "./config/index.ts";
import { DEVELOPMENT_NUMBER, DEVELOPMENT_PHONE } from "./development.ts";
import { hasPump } from "./media/index.ts";
import { startServer, type RunningServer } from "./server.ts";
import { hostPort } from "./sip/index.ts";

/** Runs the server until SIGINT or SIGTERM, then lets its calls go on for a while and ends them properly. Resolves with the exit code. */
export async function serve(config: Config, options: { readonly logLevel: string }): Promise<number> {
  let server: RunningServer;
  try {
    server = await startServer(config, options);
  } catch (failure) {
    console.error(`The server could not start: ${messageOf(failure)}`);
    return failure instanceof PiopiyError && failure.code === "bad_configuration" ? 2 : 1;
  }
  compileLater();
  // Whoever reads the first line may stop the server at once: it listens for that before it prints.
  const stop = stopSignals();
  // Whoever renews a certificate need not wait for the next look at it.
  process.on("SIGHUP", () => void server.renewCertificates());
  console.log(welcome(server, config));
  await drain(server, await stop.first, stop.second);
  console.log(`Ending ${callsOf(server)} …`);
  await server.close();
  console.log("Everything is closed.");
  return 0;
}

/** Calls may go on for a while, unless the operator does not want to wait. */
async function drain(server: RunningServer, signal: string, hurry: AbortSignal): Promise<void> {
  const { drain: seconds } = server.config;
  if (server.calls() > 0 && seconds > 0) {
    console.log(`\n${signal}: no new calls are taken; ${callsOf(server)} may go on for ${seconds} s. Once more, and they end at once.`);
  }
  await server.drain(seconds * 1000, hurry);
}

const callsOf = (server: RunningServer): string => `${server.calls()} ${server.calls() === 1 ? "call" : "calls"}`;

/** The first signal asks the server to stop, the second not to wait for its calls; a third ends the process. */
function stopSignals(): { readonly first: Promise<string>; readonly second: AbortSignal } {
  const second = new AbortController();
  let signals = 0;
  const first = new Promise<string>((resolve) => {
    for (const name of ["SIGINT", "SIGTERM"] as const) {
      process.on(name, () => {
        signals += 1;
        if (signals === 1) resolve(name);
        else if (signals === 2) second.abort();
        else process.exit(1);
      });
    }
  });
  return { first, second: second.signal };
}

/** What is wrong with a configuration, a line each. */
export function issueLines(issues: readonly Issue[]): string {
  return issues.map(({ path, message }) => `  ${path || "(the file)"}  ${message}`).join("\n");
}

/** What to do next, ready to be pasted. */
function welcome(server: RunningServer, configured: Config): string {
  const { config, sip } = server;
  const app = configured.apps.length === 0 ? server.app : withoutSecrets(server.app);
  const url = pasteable(server.url);
  const addresses = sip.map(({ transport, host, port }) => `${transport} ${hostPort(host, port)}`).join(", ");
  const phone = config.phones.find(({ number }) => number !== undefined);
  const to = phone?.number ?? "919800000000";
  return `Piopiy is ready in ${Math.round(server.startedInMs)} ms.

  REST API   ${url}
  appid      ${app.appid}
  token      ${app.secret}
${app.webhook_secrets ? `  webhooks   signed with ${app.webhook_secrets[0]}\n` : ""}  SIP        ${addresses || "off"}
  packets    ${config.media.pump !== "off" && hasPump() ? "by the native pump" : "by Node's own sockets"}
  data       ${server.data}
${phone ? softphone(server, phone.username, configured.phones.length === 0 ? phone.password : CONFIGURED) : ""}
Call ${to} with curl:

  curl -sS ${url}/v2/global_pcmo_make_call -H 'content-type: application/json' -d '${JSON.stringify({
    appid: Number(app.appid),
    secret: app.secret,
    from: 1001,
    to: Number(to),
    pcmo: [{ action: "speak", text: "Hello from your own voice server." }],
  })}'

or with the SDK:

  import { RestClient, Action } from "piopiy";
  const client = new RestClient(${app.appid}, "${app.secret}", { baseUrl: "${url}" });
  console.log(await client.voice.call(${to}, 1001, new Action().speak("Hello from your own voice server.")));

Ctrl-C stops: no new calls, those that run may go on for ${server.config.drain} s; Ctrl-C again ends them.`;
}

// What is printed ends up in the journal of whoever runs this as a service: a secret that was configured is known already.
const CONFIGURED = "(as configured)";

function withoutSecrets({ webhook_secrets: signing, ...app }: AppConfig): AppConfig {
  return { ...app, secret: CONFIGURED, ...(signing && { webhook_secrets: [CONFIGURED] }) };
}

function softphone({ sip, config }: RunningServer, username: string, password: string): string {
  const [address] = sip;
  if (!address) return "";
  const hello =
    username === DEVELOPMENT_PHONE.username && config.numbers.some(({ number }) => number === DEVELOPMENT_NUMBER)
      ? `, and call ${DEVELOPMENT_NUMBER} with it`
      : "";
  const transports = sip.filter(({ port }) => port === address.port).map(({ transport }) => transport.toUpperCase());
  return `
Register a softphone${hello}:

  user name  ${username}
  password   ${password}
  server     ${pasteable(hostPort(address.host, address.port))}  (${transports.join(" or ")})
`;
}

/** An address that can be connected to from this machine: what listens everywhere is found at the loopback address. */
function pasteable(address: string): string {
  return address.replace(/\b0\.0\.0\.0\b/, "127.0.0.1").replace("[::]", "[::1]");
}
