import type { CoreSession } from "./core-session.ts";
import type { Command } from "./protocol.ts";
import { Relay } from "./relay.ts";

/** The commands that concern one session and nothing of the thread around it. */
export type SessionCommand = Exclude<Command, { type: "statistics" | "open" | "configure" | "close" | "join" | "unjoin" }>;

export function perform(session: CoreSession, command: SessionCommand, nowMs: number): void {
  const { playout, digits } = session;
  switch (command.type) {
    case "play":
      return play(session, command, nowMs);
    case "mark":
      return playout.mark(command.playback, command.mark);
    case "pause":
      return playout.pause(command.playback, command.on);
    case "ended":
      return playout.end(command.playback);
    case "flush":
      return playout.flush(command.playback);
    case "digits":
      return digits.add(command.sending, command.digits);
    case "stop_digits":
      return digits.stop(command.sending);
    case "tap":
      return session.tap(command.frames, command.request);
    case "listen":
      return session.listen(command.on, nowMs);
    case "hold":
      return session.hold(command.hearer, command.music);
    case "dtls":
      return session.shakeHands(command.on);
    case "send_dtls":
      return session.path.sendHandshake(command.datagram, command.to);
    case "mute":
      return session.mute(command.on);
    case "link":
      return link(session, command.link);
    case "unlink":
      return unlink(session, command.link);
  }
}

function play({ playout }: CoreSession, { playback, kind, feed, whole }: Extract<Command, { type: "play" }>, nowMs: number): void {
  playout.add(playback, kind, feed);
  if (!whole) return;
  playout.append(playback, whole, nowMs);
  playout.end(playback);
}

function link(session: CoreSession, other: number): void {
  const relay = session.relays.get(other) ?? new Relay();
  session.relays.set(other, relay);
  session.partners.add(relay.heard);
}

function unlink(session: CoreSession, other: number): void {
  const relay = session.relays.get(other);
  if (relay) session.partners.delete(relay.heard);
  session.relays.delete(other);
}
