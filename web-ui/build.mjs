// Bundles the pages' script, the player and the styles into crates/web/dist, where the server embeds them.
//
// Output is a function of the sources and the locked packages alone: names carry a hash of the bytes, the manifest is
// sorted, and nothing depends on paths, time or the machine, so that CI can rebuild and compare.
// `node build.mjs --test` bundles the tests of the pure modules into .test/ for `node --test` instead.

import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
/** Elsewhere when asked, so that a fresh build can be held against the committed one. */
const dist = process.env.DIST ?? join(here, "../crates/web/dist");

/** What every bundle shares. Browsers: those with `light-dark()` and popovers, so Safari 17.5 and newer. */
const common = {
  absWorkingDir: here,
  bundle: true,
  // The light build leaves out captions, separate audio tracks and DRM, which no stream of this server has, and a third
  // of the size. Its types are those of the full one, so that sources import "hls.js".
  alias: { "hls.js": "hls.js/light" },
  minify: true,
  target: ["es2022", "safari17.5", "chrome125", "firefox125"],
  charset: "utf8",
  legalComments: "none", // licences.txt carries them
  loader: { ".ftl": "text" },
  logLevel: "warning",
};

if (process.argv.includes("--test")) {
  await tests();
} else {
  await assets();
}

async function assets() {
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist, { recursive: true });
  const manifest = {};
  const keep = async (logical, bytes) => {
    const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
    const dot = logical.lastIndexOf(".");
    manifest[logical] = `${logical.slice(0, dot)}-${hash}${logical.slice(dot)}`;
    await writeFile(join(dist, manifest[logical]), bytes);
  };

  // Images first: the styles name them by their hashed names.
  const images = join(here, "src/images");
  for (const name of (await readdir(images)).sort()) {
    await keep(name, squeeze(await readFile(join(images, name), "utf8")));
  }

  await keep("player.js", await bundle("src/player.ts", "esm"));
  await keep("test.js", await bundle("src/test_page.ts", "iife"));
  await keep("broadcast.js", await bundle("src/broadcast/page.ts", "iife"));
  await keep("upload.js", await bundle("src/upload/page.ts", "iife"));
  await keep("site.js", await bundle("src/site.ts", "iife"));
  const css = await bundle("src/style.css", undefined, { external: ["*.svg"] });
  await keep(
    "style.css",
    css.replace(/url\("?[^")]*?([\w-]+\.svg)"?\)/g, (_, name) => {
      if (!manifest[name]) throw new Error(`style.css names ${name}, which is not in src/images`);
      return `url(${manifest[name]})`;
    }),
  );
  await keep("licences.txt", await licences());

  const sorted = Object.fromEntries(Object.entries(manifest).sort());
  await writeFile(join(dist, "manifest.json"), `${JSON.stringify(sorted, null, 2)}\n`);
}

async function bundle(entry, format, more = {}) {
  const result = await build({ ...common, ...more, entryPoints: [entry], format, write: false });
  return result.outputFiles[0].text;
}

/** Whitespace between the elements of an SVG means nothing. */
function squeeze(svg) {
  return `${svg.replace(/>\s+</g, "><").trim()}\n`;
}

/** The licences of what player.js contains, as their terms ask for. */
async function licences() {
  const packages = Object.keys(JSON.parse(await readFile(join(here, "package.json"), "utf8")).dependencies).sort();
  const texts = await Promise.all(
    packages.map(async (name) => {
      const home = join(here, "node_modules", name);
      const { version, license, author } = JSON.parse(await readFile(join(home, "package.json"), "utf8"));
      const text = await readFile(join(home, "LICENSE"), "utf8").catch((error) => {
        // Some packages name their licence and leave its text out; hls.js brings this one.
        if (error.code === "ENOENT" && license === "Apache-2.0") return `Copyright ${author}\nApache License 2.0, whose text stands under hls.js.`;
        throw error;
      });
      return `${name} ${version}\n\n${text.replace(/\r\n/g, "\n").trim()}\n`;
    }),
  );
  return texts.join(`\n${"-".repeat(72)}\n\n`);
}

async function tests() {
  const out = join(here, ".test");
  await rm(out, { recursive: true, force: true });
  const found = (await readdir(join(here, "src"), { recursive: true })).filter((name) => name.endsWith(".test.ts"));
  for (const name of found.sort()) {
    const outfile = join(out, basename(name).replace(/\.ts$/, ".mjs"));
    await build({ ...common, minify: false, target: "node20", platform: "node", format: "esm", entryPoints: [join("src", name)], outfile });
  }
}
