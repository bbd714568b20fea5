import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { audible, dominantTone, parseWav, toneSpans, type PhoneCall } from "@piopiy/server";
import { Action } from "piopiy";
import { bodies } from "./application.ts";
import { numbers, type Parties } from "./parties.ts";
import { heardTone, proof, type Proof } from "./proofs.ts";
import { finished, recordingOf } from "./records.ts";
import { allTones, tones } from "./tones.ts";
import { until } from "./wait.ts";

const KEYS = "2468";

export interface CallProved {
  readonly requestId: string;
  readonly proofs: readonly Proof[];
  /** The path of the call's recording. */
  readonly recording?: string;
}

/** Speech, a file, digits to a webhook; the webhook's answer records, speaks, and bridges to the second phone. */
export async function firstCall({ client, alice, bob, server, application, authorization }: Parties): Promise<CallProved> {
  application.replies.set("/digits", () =>
    new Action()
      .record({ channels: "stereo" })
      .speak("Thank you. One moment please.")
      .bridge({ from: numbers.ours, to: numbers.bob, duration: 3, timeout: 10 })
      .PCMO(),
  );
  const flow = new Action()
    .speak("Hello, and welcome to Piopiy. This call is made by your own machine.")
    .playMusic("chime.wav")
    .playGetInput(`${application.url}/digits`, "prompt.wav", { max_digit: KEYS.length, max_retry: 2, timeout: 5 });

  const answered = alice.nextCall();
  const bobAnswered = bob.nextCall();
  const { request_id: requestId } = await client.voice.call(numbers.alice, numbers.ours, flow, { duration: 60 });
  const call = await answered;
  await until("the prompt", () => call.heard().spans(allTones).find((span) => span.frequencyHz === tones.prompt));
  await call.press(KEYS);
  const bobCall = await bobAnswered;
  const bridgedAtMs = (call.heard().samples.length / 8000) * 1000;
  call.sendTone(tones.alice);
  bobCall.sendTone(tones.bob);
  await bobCall.ended;
  await call.ended;

  const dtmf = bodies(application, "/digits")[0]?.["dtmf"];
  const record = await finished(server.url, authorization, requestId);
  const wav = await recordingOf(server.url, authorization, record);
  const recording = join(server.data, "demo-recording.wav");
  await writeFile(recording, wav);
  return {
    requestId,
    recording,
    proofs: [
      heardSpeech(call),
      heardTone("alice heard the played file", call.heard().spans(allTones), tones.chime, 1000),
      proof("the webhook got the digits alice pressed", dtmf === KEYS, `dtmf "${String(dtmf)}"`),
      heardTone("bob heard alice over the bridge", bobCall.heard().spans(allTones), tones.alice, 2000),
      heardTone("alice heard bob over the bridge", call.heard().spans(allTones), tones.bob, 2000),
      notHeard("neither heard themselves", call, bridgedAtMs, bobCall),
      ...recorded(wav),
      proof("the call's record is complete", record.cause === "completed", `${record.cause}, ${record.legs.length} legs`),
    ],
  };
}

function heardSpeech(call: PhoneCall): Proof {
  const { samples } = call.heard();
  const chime = call.heard().spans(allTones).find((span) => span.frequencyHz === tones.chime);
  const before = samples.subarray(0, Math.round(((chime?.fromMs ?? 0) * 8000) / 1000));
  let spokenMs = 0;
  for (let at = 0; at + 160 <= before.length; at += 160) {
    const frame = before.subarray(at, at + 160);
    if (audible(frame) && dominantTone(frame, allTones) === undefined) spokenMs += 20;
  }
  return proof("alice heard the speech", spokenMs >= 1500, `${(spokenMs / 1000).toFixed(2)} s of voice before the file`);
}

function notHeard(claim: string, call: PhoneCall, bridgedAtMs: number, bobCall: PhoneCall): Proof {
  const echo =
    call.heard().tones([tones.alice], bridgedAtMs).length + bobCall.heard().tones([tones.bob]).length;
  return proof(claim, echo === 0, echo === 0 ? "no echo of their own tones" : "their own tones came back");
}

/** The two channels of a recording: what alice said, and what alice heard. */
function recorded(wav: Uint8Array): readonly Proof[] {
  const { channels, sampleRateHz } = parseWav(wav);
  const [said, heard] = channels;
  const seconds = (said?.length ?? 0) / sampleRateHz;
  return [
    proof("the recording holds the rest of the call", seconds >= 4, `${seconds.toFixed(2)} s, ${channels.length} channels`),
    heardTone("the recording's left channel is alice", toneSpans(said ?? new Int16Array(), allTones), tones.alice, 2000),
    heardTone("the recording's right channel is what alice heard", toneSpans(heard ?? new Int16Array(), allTones), tones.bob, 2000),
  ];
}
