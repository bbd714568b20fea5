import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { PiopiySignatureError, webhooks } from "piopiy";

const secrets = (process.env["PIOPIY_WEBHOOK_SECRETS"] ?? "the secret the server was given").split(",");

const receiver = createServer(async (request, response) => {
  try {
    const webhook = await webhooks.unwrap(await text(request), request.headers, secrets);
    switch (webhook.type) {
      case "event":
        console.log(webhook.data.status);
        break;
      case "dtmf":
        console.log(webhook.data.dtmf.length);
        break;
      default:
        console.log(webhook.type);
    }
    response.end();
  } catch (error) {
    response.writeHead(error instanceof PiopiySignatureError ? 401 : 400).end();
  }
});

receiver.listen(0, "127.0.0.1", () => console.log("receiving"));
receiver.unref();
