import * as v from "valibot";
import { text } from "./fields.ts";

/** Audio to play: an address to fetch, or a file in the server's media folder. */
export type FileReference =
  | { readonly type: "url"; readonly url: string }
  | { readonly type: "name"; readonly name: string };

/** As it is written: `file_url`, or `file_name` holding an address or a plain name. */
export const fileEntries = {
  file_url: v.exactOptional(text(1, 2048, "The http:// or https:// address of a WAV, MP3 or Ogg file")),
  file_name: v.exactOptional(text(1, 2048, "A file in the server's media folder, or an address; file_url wins")),
};

interface FileInput {
  readonly file_url?: string;
  readonly file_name?: string;
}

interface NoFile {
  readonly type: "none";
  readonly key: keyof FileInput;
  readonly message: string;
}

const http = /^https?:\/\/\S+$/i;

/** Which file is meant: `file_url` if present, else `file_name` if it is an address, else a plain name. */
export function fileOf(input: FileInput): FileReference | NoFile {
  const { file_url: url, file_name: name } = input;
  if (url !== undefined) {
    if (http.test(url) && URL.canParse(url)) return { type: "url", url };
    return { type: "none", key: "file_url", message: "must be an http:// or https:// address; a file in the media folder goes into file_name" };
  }
  if (name === undefined) {
    return { type: "none", key: "file_url", message: "is missing; must be an http:// or https:// address (or give file_name, a file in the media folder)" };
  }
  if (/^https?:/i.test(name)) {
    if (http.test(name) && URL.canParse(name)) return { type: "url", url: name };
    return { type: "none", key: "file_name", message: "must be the name of a file or an http:// or https:// address; this address is malformed" };
  }
  if (isPlainName(name)) return { type: "name", name };
  return { type: "none", key: "file_name", message: "must be the plain name of a file in the media folder, of at most 255 characters and without / or \\" };
}

// A name is joined to the media folder: nothing in it may lead out of there, or end the path early.
function isPlainName(name: string): boolean {
  if (name.length > 255 || name === "." || name === ".." || name.trim() === "") return false;
  return !/[/\\\p{Cc}]/u.test(name);
}
