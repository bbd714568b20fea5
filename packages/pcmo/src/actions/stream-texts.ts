import { textMap } from "../text-map.ts";

// What the handshake itself consists of (RFC 6455 §4.1), what frames a request, and what only we say.
const reserved = /^(?:host|connection|upgrade|content-length|transfer-encoding|sec-websocket-.*|piopiy-signature|piopiy-resume)$/i;

/** A token, RFC 9110 §5.6.2. */
const name = "^[!#$%&'*+\\-.^_`|~0-9A-Za-z]{1,128}$";
const token = new RegExp(name);

/** More headers for the upgrade request. */
export const headers = textMap(
  {
    entries: 32,
    key: (key, earlier) => {
      if (!token.test(key)) return "must have the name of a header: 1 to 128 letters, digits or !#$%&'*+-.^_`|~";
      if (reserved.test(key)) return "must not be set: it belongs to the connection itself";
      const twice = earlier.some((other) => other.toLowerCase() === key.toLowerCase());
      return twice ? "must stand here only once: the case of a header's name does not count" : undefined;
    },
    keyPattern: name,
    // RFC 9110 §5.5: visible characters and spaces; what is beyond Latin-1 cannot be sent at all.
    value: /^[\x20-\x7e\xa0-\xff]*$/,
    length: 4096,
    valueExpects: "text of at most 4096 characters of Latin-1, without control characters",
  },
  "More headers for the request that opens the connection",
);

/** What the bot is told when the stream starts. */
export const parameters = textMap(
  {
    entries: 32,
    key: (key) => (key.length >= 1 && key.length <= 64 ? undefined : "must have a name of 1 to 64 characters"),
    keyPattern: "^[\\s\\S]{1,64}$",
    value: /^/,
    length: 1024,
    valueExpects: "text of at most 1024 characters",
  },
  "Handed to the bot when the stream starts",
);
