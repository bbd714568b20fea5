import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { PiopiySignatureError, webhooks } from "piopiy";

const secrets = (process.env["PIOPIY_WEBHOOK_SECRETS"] ?? "the secret the server was given").split(",");

async function receive(request: IncomingMessage): Promise<number> {
  try {
    const webhook = await webhooks.unwrap(await text(request), request.headers, secrets);
    if (webhook.type === "event") console.log(webhook.data.status);
    else if (webhook.type === "cdr") console.log(webhook.data.duration);
    return 204;
  } catch (error) {
    return error instanceof PiopiySignatureError ? 401 : 400;
  }
}

const receiver = createServer((request, response) => {
  void receive(request).then((status) => response.writeHead(status).end());
});
receiver.listen(0, "127.0.0.1", () => console.log("receiving"));
receiver.unref();
