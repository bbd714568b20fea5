import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const page = join(import.meta.dirname, "rfc.md");

it("the page says what the comments of the code cite", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, "..", "tools", "rfc.mjs"), "--check"]);
  expect(stdout).toMatch(/^\d+ RFCs/);
});

/** Line by line: `| § | what we do | code | tests |`. */
const rows = (await readFile(page, "utf8"))
  .split("\n")
  .map((line) => line.replace(/^\| /, "").split(/(?<!\\) \| ?/))
  .filter(([, , code]) => code?.includes(".ts)"))
  .filter((cells) => cells.length > 4 || cells[3] !== "");

it("every section has something said of it and code", () => {
  expect(rows.length).toBeGreaterThan(200);
  expect(rows.filter(([, said, code]) => !said || !code)).toEqual([]);
});

it("every section of SIP and of media is run by a test", () => {
  const untested = rows.filter(([, , code = "", tests]) => /src\/(?:sip|sdp|rtp|media|call)\//.test(code) && !tests?.includes(".test.ts"));
  expect(untested.map(([section, said]) => `${section} ${said}`)).toEqual([]);
});
