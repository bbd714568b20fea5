import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { webhooks, type Cdr, type LiveEvent, type RecordingEvent } from "piopiy";

export const SECRETS = ["the secret that came last", "the secret before it"] as const;

/** One webhook, each time it arrived. */
export interface Arrival {
  readonly eventId: string;
  readonly requestId: string;
  readonly cmiuuid: string;
  readonly sequence: number;
  /** `out_started`, …, `cdr`, `recording.completed`, … */
  readonly what: string;
  readonly raw: string;
  /** What it was answered with. */
  readonly status: number;
}

export interface Receiver {
  readonly url: string;
  readonly arrivals: readonly Arrival[];
  /** Requests that were not signed, or no webhooks. */
  readonly refused: number;
  close(): Promise<void>;
}

/** An app's server that fails every fourth time an event comes for the first time, so that there is something to repeat. */
export async function startReceiver(): Promise<Receiver> {
  const arrivals: Arrival[] = [];
  const seen = new Set<string>();
  let refused = 0;
  const take = async (raw: string, headers: Readonly<Record<string, string | readonly string[] | undefined>>): Promise<number> => {
    const webhook = await webhooks.unwrap(raw, headers, SECRETS[1]);
    if (webhook.type === "dtmf" || webhook.type === "answer") return 404;
    const { event_id: eventId = "", request_id: requestId = "", sequence = 0, cmiuuid } = webhook.data;
    const status = !seen.has(eventId) && seen.size % 4 === 3 ? 500 : 204;
    seen.add(eventId);
    arrivals.push({ eventId, requestId, cmiuuid, sequence, what: nameOf(webhook.data), raw, status });
    return status;
  };
  const server = createServer((request, response) => {
    const answer = async () => {
      const status = await take(await text(request), request.headers).catch(() => {
        refused += 1;
        return 401;
      });
      response.writeHead(status).end();
    };
    answer().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`,
    arrivals,
    get refused() {
      return refused;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function nameOf(data: LiveEvent | Cdr | RecordingEvent): string {
  if (data.type === "cdr" || data.type === "recording.completed" || data.type === "recording.failed") return data.type;
  return "status" in data ? data.status : "";
}
