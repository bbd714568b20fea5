import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

// Every page a reader may come to: its links lead somewhere, and the files it names in the server's source are there.

const root = join(import.meta.dirname, "..");
const inFolder = (folder: string) => readdirSync(join(root, folder)).filter((name) => name.endsWith(".md")).map((name) => join(folder, name));
const pages = ["README.md", "SECURITY.md", "examples/README.md", ...["docs", "docs/decisions", "docs/sdk", "bench/results"].flatMap(inFolder)];
const prose = (page: string) => readFileSync(join(root, page), "utf8").replaceAll(/^```[^]*?^```/gm, "");

/** As GitHub makes them of headings. */
const anchorsOf = (page: string) =>
  [...prose(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").trim().replaceAll(/\s/g, "-"),
  );

describe.each(pages)("%s", (page) => {
  it("has links that lead somewhere", () => {
    const wrong = [...prose(page).matchAll(/\]\((?!https?:)([^)\s]*)\)/g)].flatMap(([, link = ""]) => {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? page : join(dirname(page), path);
      if (!existsSync(join(root, target))) return [link];
      return anchor === undefined || anchorsOf(target).includes(anchor) ? [] : [link];
    });
    expect(wrong).toEqual([]);
  });

  it("names files of the server that are there", () => {
    const folders = new Set(readdirSync(join(root, "packages/server/src")));
    const wrong = [...prose(page).matchAll(/`((?:packages\/server\/src\/)?([a-z-]+)\/[\w./-]+\.ts)`/g)].flatMap(([, path = "", folder = ""]) => {
      if (path.startsWith("packages/")) return existsSync(join(root, path)) ? [] : [path];
      return folders.has(folder) && !existsSync(join(root, "packages/server/src", path)) ? [path] : [];
    });
    expect(wrong).toEqual([]);
  });
});
