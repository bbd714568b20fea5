import * as v from "valibot";
import { text } from "./fields.ts";
import { expecting, mustBePrivate } from "./message.ts";

/** The id of an app, as a number or text; one form out: text. */
export function appId() {
  const expects = "the id of an app: a number, or 1 to 64 letters, digits, _ or -";
  const message = mustBePrivate(expects);
  return v.pipe(
    v.union(
      [
        v.pipe(v.number(message), v.safeInteger(message), v.minValue(0, message)),
        v.pipe(v.string(message), v.regex(/^[A-Za-z0-9_-]{1,64}$/, message)),
      ],
      message,
    ),
    expecting(expects),
    v.transform(String),
  );
}

/** The secret of an app. */
export function secret() {
  return text(1, 256, "The secret of the app");
}
