import { createServer, type IncomingHttpHeaders } from "node:http";
import { text } from "node:stream/consumers";

/** A request that the server made to the application. */
export interface Posted {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawBody: string;
}

/** The demo's own application, on a real HTTP socket: what a developer writes beside the SDK. */
export interface Application {
  readonly url: string;
  /** Everything posted so far, in order. */
  readonly posted: readonly Posted[];
  /** What the path answers from now on: a flow, or nothing. */
  readonly replies: Map<string, () => readonly unknown[]>;
  close(): Promise<void>;
}

export async function startApplication(): Promise<Application> {
  const posted: Posted[] = [];
  const replies: Application["replies"] = new Map();
  const server = createServer((request, response) => {
    const { url: path = "/", headers } = request;
    text(request).then(
      (rawBody) => {
        posted.push({ path, headers, rawBody });
        const flow = replies.get(path)?.() ?? [];
        response.setHeader("content-type", "application/json").end(JSON.stringify(flow));
      },
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    posted,
    replies,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** The JSON bodies posted to a path. */
export function bodies(application: Application, path: string): readonly Readonly<Record<string, unknown>>[] {
  return application.posted.filter((posted) => posted.path === path).map(({ rawBody }): Readonly<Record<string, unknown>> => JSON.parse(rawBody));
}
