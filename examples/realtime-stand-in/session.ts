import type { WebSocket } from "ws";
import { formatOf, pcm24, type RealtimeFormat } from "./formats.ts";
import { createInbox, field, type ClientEvent, type Inbox } from "./inbox.ts";
import { createResponses, type Responses, type Send } from "./responses.ts";
import { createTurns } from "./turns.ts";

/** One connection of a client, seen from the side of the API. */
export interface RealtimeSession extends Pick<Inbox, "received" | "next">, Pick<Responses, "say"> {
  /** The header of that name, as the client sent it. */
  readonly authorization: string | undefined;
  /** What the client sends and is sent, as it has asked for. */
  readonly input: RealtimeFormat;
  readonly output: RealtimeFormat;
  /** The audio the client has sent; `received` has everything else. */
  heard(): Uint8Array;
  readonly closed: Promise<void>;
}

/** What is said when speech has ended, or when the client asks for a response; nothing: nothing. */
export type Answer = (format: RealtimeFormat) => Uint8Array | undefined;

export function createSession(socket: WebSocket, authorization: string | undefined, answer: Answer): RealtimeSession {
  const inbox = createInbox();
  const send = sender(socket);
  const responses = createResponses(send);
  const settings = createSettings(send);
  const respond = () => {
    const audio = answer(settings.output);
    if (audio) responses.say(audio);
  };
  const ear = createEar(settings, send, { interrupted: () => responses.finish("cancelled"), spoken: respond });
  const perform = ({ type, ...event }: ClientEvent) => {
    if (type === "session.update") settings.update(event["session"]);
    if (type === "response.create") respond();
    if (type === "response.cancel") responses.finish("cancelled");
    if (type === "conversation.item.truncate") send("conversation.item.truncated", event);
  };
  socket.on("message", (data: Buffer) => {
    const event: ClientEvent = JSON.parse(data.toString());
    if (event.type === "input_audio_buffer.append") return ear.hear(Buffer.from(String(event["audio"]), "base64"));
    inbox.put(event);
    return perform(event);
  });
  send("session.created", { session: settings.session() });
  return {
    authorization,
    received: inbox.received,
    next: (type) => inbox.next(type),
    say: (audio, how) => responses.say(audio, how),
    heard: ear.heard,
    get input() {
      return settings.input;
    },
    get output() {
      return settings.output;
    },
    closed: new Promise((closed) => socket.once("close", () => closed())),
  };
}

function sender(socket: WebSocket): Send {
  let events = 0;
  return (type, more = {}) => socket.send(JSON.stringify({ type, event_id: `event_${(events += 1)}`, ...more }));
}

interface Settings {
  readonly input: RealtimeFormat;
  readonly output: RealtimeFormat;
  /** Whether speech is looked for in what is heard. */
  readonly detects: boolean;
  session(): object;
  update(asked: unknown): void;
}

function createSettings(send: Send): Settings {
  let [input, output, detects] = [pcm24, pcm24, true];
  const session = () => ({
    object: "realtime.session", type: "realtime", id: "sess_1", model: "stand-in",
    audio: {
      input: { format: input, turn_detection: detects ? { type: "server_vad", create_response: true, interrupt_response: true } : null },
      output: { format: output, voice: "tone" },
    },
  });
  return {
    session,
    get input() {
      return input;
    },
    get output() {
      return output;
    },
    get detects() {
      return detects;
    },
    update(asked) {
      input = formatOf(field(asked, "audio", "input", "format")) ?? input;
      output = formatOf(field(asked, "audio", "output", "format")) ?? output;
      detects &&= field(asked, "audio", "input", "turn_detection") !== null;
      send("session.updated", { session: session() });
    },
  };
}

function createEar(settings: Settings, send: Send, told: { readonly interrupted: () => void; readonly spoken: () => void }) {
  const audio: Uint8Array[] = [];
  const turns = createTurns();
  const hear = (bytes: Uint8Array) => {
    audio.push(bytes);
    const turn = settings.detects ? turns.push(bytes, settings.input) : undefined;
    const item = { item_id: `heard_${audio.length}` };
    if (turn?.event === "started") {
      send("input_audio_buffer.speech_started", { ...item, audio_start_ms: turn.atMs });
      told.interrupted();
    }
    if (turn?.event !== "stopped") return;
    send("input_audio_buffer.speech_stopped", { ...item, audio_end_ms: turn.atMs });
    send("input_audio_buffer.committed", { ...item, previous_item_id: null });
    told.spoken();
  };
  return { hear, heard: () => new Uint8Array(Buffer.concat(audio)) };
}
