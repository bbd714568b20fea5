import { createServer } from "node:http";
import { text } from "node:stream/consumers";

/** What was posted to the webhook. */
export interface Posted {
  readonly dtmf?: string;
  readonly cmiuuid?: string;
}

export interface Webhook {
  readonly url: string;
  readonly posted: readonly Posted[];
  close(): Promise<void>;
}

/** An application's webhook on a real HTTP socket: takes the digits and answers with the PCMO that comes next. */
export async function startWebhook(next: () => readonly unknown[]): Promise<Webhook> {
  const posted: Posted[] = [];
  const server = createServer((request, response) => {
    text(request).then(
      (body) => {
        const digits: Posted = JSON.parse(body);
        posted.push(digits);
        response.setHeader("content-type", "application/json").end(JSON.stringify(next()));
      },
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/digits`,
    posted,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
