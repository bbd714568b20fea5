import { dirname, join } from "node:path";

const MOST = 4;

/**
 * The tests of a file: those that import it or are named after it; else, going outwards from who imports it, the first
 * that are met in its own package.
 */
export function testsByFile(code, tests) {
  const importers = new Map();
  for (const { path, text } of [...code, ...tests]) {
    for (const [, from] of text.matchAll(/\bfrom\s+"(\.[^"]+\.ts)"|\bimport\("(\.[^"]+\.ts)"\)/g)) {
      if (from === undefined) continue;
      const imported = join(dirname(path), from);
      importers.set(imported, [...(importers.get(imported) ?? []), path]);
    }
  }
  const isTest = new Set(tests.map(({ path }) => path));
  const isNamedAfter = (test, file) => test === file.replace(/\.ts$/, ".test.ts");
  return (file) => {
    const seen = new Set([file]);
    for (let ring = [file]; ring.length > 0;) {
      const next = [...new Set(ring.flatMap((path) => importers.get(path) ?? []))].filter((path) => !seen.has(path));
      const found = next.filter((path) => isTest.has(path)).sort((a, b) => near(file, b) - near(file, a) || a.localeCompare(b));
      const named = tests.filter(({ path }) => isNamedAfter(path, file)).map(({ path }) => path);
      if (named.length > 0) return named;
      // Tests of the file itself, or of what uses it: of the latter only those that are nearest.
      if (found.length > 0) return ring[0] === file ? found.slice(0, MOST) : found.filter((test) => near(file, test) === near(file, found[0])).slice(0, 2);
      for (const path of next) seen.add(path);
      ring = next;
    }
    return [];
  };
}

/** How much of their folders two files share. */
function near(a, b) {
  const [left, right] = [dirname(a).split("/"), dirname(b).split("/")];
  const end = left.findIndex((part, index) => part !== right[index]);
  return end < 0 ? left.length : end;
}
