// The size gate: fails the build when the entry, the style sheets or any lazy route grew too large.
// A lazy route counts with what it adds to the place that opens it; and everything that an address
// opened cold downloads has a limit of its own, so that nesting hides nothing. The script reads the manifest of the build and then removes it, because nothing serves it.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const KB = 1024;
const LIMITS = { initialJs: 180 * KB, css: 20 * KB, route: 60 * KB, cold: 205 * KB };
/** Brotli is a dictionary of words above all. It is loaded only for a Parquet file that needs it, which is rare. */
const LARGER = { "src/pages/run/parquet-brotli.ts": { route: 90 * KB, cold: 240 * KB } };

const dist = new URL("../dist", import.meta.url).pathname;
const folder = join(dist, ".vite");
const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));

const sizes = new Map();
function size(file) {
  if (!sizes.has(file))
    sizes.set(file, gzipSync(readFileSync(join(dist, file)), { level: 9 }).length);
  return sizes.get(file);
}

/** The chunk and everything that it imports statically. */
function closure(key, found = new Set()) {
  if (found.has(key)) return found;
  found.add(key);
  for (const next of manifest[key].imports ?? []) closure(next, found);
  return found;
}

const sum = (files) => [...files].reduce((total, file) => total + size(file), 0);
const files = (keys) => new Set([...keys].map((key) => manifest[key].file));
const sheets = (keys) => new Set([...keys].flatMap((key) => manifest[key].css ?? []));
const show = (bytes) => `${(bytes / KB).toFixed(1)} KB`;

const entries = Object.keys(manifest).filter((key) => manifest[key].isEntry);
const initial = new Set(entries.flatMap((key) => [...closure(key)]));
const problems = [];
function gate(name, bytes, limit) {
  const line = `${name}: ${show(bytes)} gzip (limit ${show(limit)})`;
  console.log(line);
  if (bytes > limit) problems.push(line);
}

gate("initial JS", sum(files(initial)), LIMITS.initialJs);
gate("initial CSS", sum(sheets(initial)), LIMITS.css);

const lazy = Object.keys(manifest).filter((key) => manifest[key].isDynamicEntry);

/** The chunks that are certainly there before `key` is imported: common to all that import it. */
function before(key, seen = new Set()) {
  if (seen.has(key)) return initial;
  seen.add(key);
  const hosts = Object.keys(manifest).filter((one) => manifest[one].dynamicImports?.includes(key));
  // A host may be a chunk of the entry or of another lazy route.
  const sets = hosts.flatMap((host) => {
    if (initial.has(host)) return [initial];
    const routes = lazy.filter((route) => route !== key && closure(route).has(host));
    return routes.map((route) => new Set([...closure(route), ...before(route, seen)]));
  });
  if (sets.length === 0) return initial;
  return new Set([...sets[0]].filter((one) => sets.every((set) => set.has(one))));
}

for (const key of lazy) {
  const present = new Set([...initial, ...before(key)]);
  const all = new Set([...present, ...closure(key)]);
  const more = [...all].filter((one) => !present.has(one));
  const name = manifest[key].src ?? manifest[key].file;
  const { route, cold } = LARGER[name] ?? LIMITS;
  gate(`${name} adds`, sum(files(more)), route);
  gate("  opened cold, JS", sum(files(all)), cold);
  gate("  opened cold, CSS", sum(sheets(all)), LIMITS.css);
}

// The server must be able to serve every file below assets/ for ever: each name carries a hash.
for (const chunk of Object.values(manifest))
  if (!/-[\w-]{8}\.\w+$/.test(chunk.file)) problems.push(`${chunk.file} has no hash in its name`);

if (problems.length > 0) {
  console.error(`\nThe build is too large or not cacheable:\n  ${problems.join("\n  ")}`);
  process.exit(1);
}
if (existsSync(folder)) rmSync(folder, { recursive: true });
