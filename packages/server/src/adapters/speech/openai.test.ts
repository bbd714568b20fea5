import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dominantTone, pcmBytes, toneSamples, wavFile } from "../../audio/index.ts";
import { systemClock } from "../../base/index.ts";
import { createAudioDecoder } from "../audio-decoder.ts";
import { createHttpFetch } from "../http-fetch.ts";
import { createOpenAiSpeech, type OpenAiSpeechOptions } from "./openai.ts";

const never = new AbortController().signal;
const tone = toneSamples({ frequencyHz: 440, durationMs: 900 });
const asked: { readonly path: string | undefined; readonly authorization: string | undefined; readonly body: unknown }[] = [];
let server: Server;
let baseUrl = "";
const decoder = createAudioDecoder(systemClock);

/** What a service answers when it is asked for this voice. */
const answers: Readonly<Record<string, { readonly status?: number; readonly type: string; readonly body: Uint8Array | string }>> = {
  alloy: { type: "audio/wav", body: wavFile({ sampleRateHz: 8000, channels: 1 }, tone) },
  // 8 kHz samples said to be 24 kHz: three times the pitch.
  raw: { type: "audio/pcm", body: pcmBytes(tone) },
  rated: { type: "audio/pcm;rate=8000", body: pcmBytes(tone) },
  broke: { status: 500, type: "application/json", body: '{"error":"secret words"}' },
  page: { type: "text/html", body: "<html>" },
};

beforeAll(async () => {
  server = createServer((request, response) => {
    const parts: Uint8Array[] = [];
    request.on("data", (part: Uint8Array) => parts.push(part));
    request.on("end", () => {
      const body: { readonly voice: string } = JSON.parse(Buffer.concat(parts).toString());
      asked.push({ path: request.url, authorization: request.headers.authorization, body });
      const answer = answers[body.voice] ?? answers["page"]!;
      response.writeHead(answer.status ?? 200, { "content-type": answer.type }).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  baseUrl = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
});
afterAll(async () => {
  server.close();
  await decoder.close();
});

const service = (over: Partial<OpenAiSpeechOptions> = {}) =>
  createOpenAiSpeech({ fetch: createHttpFetch({ allowPrivate: true, clock: systemClock }), decoder, baseUrl, ...over });
const job = (voice: string, rate = 1) => ({ voice, text: "Hello there.", rate });

describe("an OpenAI-compatible service", () => {
  it("is asked as its API wants it", async () => {
    asked.length = 0;
    await service({ apiKey: "k1", model: "m1" }).synthesise(job("alloy"), never);
    await service({ baseUrl: `${baseUrl}/v1/` }).synthesise(job("alloy", 1.5), never);
    expect(asked).toEqual([
      { path: "/v1/audio/speech", authorization: "Bearer k1", body: { model: "m1", input: "Hello there.", voice: "alloy", response_format: "wav" } },
      { path: "/v1/audio/speech", authorization: undefined, body: { model: "tts-1", input: "Hello there.", voice: "alloy", response_format: "wav", speed: 1.5 } },
    ]);
  });

  it.each([["alloy", 440, 900], ["rated", 440, 900], ["raw", 1320, 300]])("answers in the format of %s", async (voice, frequencyHz, durationMs) => {
    const samples = await service().synthesise(job(voice), never);
    expect(dominantTone(samples, [440, 880, 1320])).toBe(frequencyHz);
    expect(Math.abs(samples.length / 8 - durationMs)).toBeLessThan(2);
  });

  it.each([["broke", "HTTP 500"], ["page", "HTML"]])("that answers with %s is speech_failed, without its words", async (voice, words) => {
    const failure = await service().synthesise(job(voice), never).then(() => undefined, (reason: Error) => reason);
    expect(failure).toMatchObject({ code: "speech_failed", message: expect.stringContaining(words) });
    expect(failure!.message).not.toContain("secret");
  });

  it("that is not there is speech_failed", async () => {
    await expect(service({ baseUrl: "http://127.0.0.1:1" }).synthesise(job("alloy"), never)).rejects.toMatchObject({ code: "speech_failed" });
  });

  it("takes the voice of the action, or its own", async () => {
    expect(await service().voiceFor({ language: "ta", voice: "nova" })).toBe("nova");
    expect(await service({ voice: "echo" }).voiceFor({ language: "ta" })).toBe("echo");
  });
});
