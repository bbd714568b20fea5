// Puts each of the published libraries into few files after the compiler has run: loading forty small modules takes
// Node longer than running them. Types stay as the compiler wrote them.
import { rolldown } from "rolldown";

const packages = [
  { folder: "packages/pcmo/dist", entries: ["index", "json-schema"], external: ["valibot", "@valibot/to-json-schema"] },
  { folder: "packages/sdk/dist", entries: ["index", "stream/index"], external: ["valibot", "@piopiy/pcmo", "ws", /^node:/] },
];

for (const { folder, entries, external } of packages) {
  const input = Object.fromEntries(entries.map((name) => [name.replace("/index", ""), `${folder}/${name}.js`]));
  const bundle = await rolldown({ input, external, platform: "neutral" });
  await bundle.write({ dir: `${folder}/bundle`, format: "esm", chunkFileNames: "[name].js" });
  await bundle.close();
}
