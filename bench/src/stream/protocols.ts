/** The sub-protocol that the server offers where a stream asks for the exact protocol. */
export const EXACT_PROTOCOL = "piopiy.v1";

/** How a stream speaks to its bot: the value of `protocol` on the action. */
export type Protocol = "compatible" | "v1";

/** The stream action that connects a call to a bot on this machine. */
export function streamTo(port: number, { protocol = "compatible", path = "", rate = 8000 }: StreamSettings = {}) {
  const action = { action: "stream", ws_url: `ws://127.0.0.1:${port}/${path}`, listen_mode: "caller", voice_quality: rate } as const;
  return protocol === "compatible" ? action : { ...action, protocol };
}

export interface StreamSettings {
  readonly protocol?: Protocol;
  readonly path?: string;
  readonly rate?: 8000 | 16_000;
}

/** Answers to the sub-protocols that are offered: the exact one where it is among them. */
export const chooseProtocol = (offered: ReadonlySet<string>): string | false => (offered.has(EXACT_PROTOCOL) ? EXACT_PROTOCOL : false);

/** Is it the message that the exact protocol begins with? */
export function isStart(text: string): boolean {
  const message: unknown = JSON.parse(text);
  return typeof message === "object" && message !== null && "type" in message && message.type === "start";
}

export const unspoken = (protocol: Protocol): Error => new Error(`the bot was not spoken to in the protocol ${protocol}: this server does not know it`);
