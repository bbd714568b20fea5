export type Send = (type: string, more?: object) => void;

/** What the API says: one response after the other. */
export interface Responses {
  /** Says this faster than it is spoken. `finished: false`: there is more to come of it. Returns the item's id. */
  say(audio: Uint8Array, how?: { readonly finished?: boolean }): string;
  /** Ends the response that is under way, if there is one. */
  finish(status: "completed" | "cancelled"): void;
}

const CHUNK_BYTES = 1200;

export function createResponses(send: Send): Responses {
  let ids = 0;
  let under: { readonly response_id: string; readonly item_id: string; readonly output_index: 0; readonly content_index: 0 } | undefined;
  const about = (id: string, status: string) => ({ response: { id, object: "realtime.response", status, output: [] } });
  const finish: Responses["finish"] = (status) => {
    const done = under;
    under = undefined;
    if (!done) return;
    if (status === "completed") send("response.output_audio.done", done);
    send("response.done", about(done.response_id, status));
  };
  return {
    finish,
    say(audio, { finished = true } = {}) {
      finish("completed");
      ids += 1;
      const current = { response_id: `resp_${ids}`, item_id: `item_${ids}`, output_index: 0, content_index: 0 } as const;
      under = current;
      send("response.created", about(current.response_id, "in_progress"));
      for (let at = 0; at < audio.length; at += CHUNK_BYTES) {
        send("response.output_audio.delta", { ...current, delta: Buffer.from(audio.subarray(at, at + CHUNK_BYTES)).toString("base64") });
      }
      if (finished) finish("completed");
      return current.item_id;
    },
  };
}
