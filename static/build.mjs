// Bundles the scripts and copies the fonts into static/dist/ under hashed names, then writes manifest.json,
// the map from the plain name ("app.js", "fonts/figtree.woff2") to the hashed one. Run by `npm run build`.
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const dist = join(here, 'dist');
const packages = join(here, '..', 'node_modules', '@fontsource-variable');
const fonts = {
  'figtree.woff2': join(packages, 'figtree/files/figtree-latin-wght-normal.woff2'),
  'figtree-ext.woff2': join(packages, 'figtree/files/figtree-latin-ext-wght-normal.woff2'),
  'jetbrains-mono.woff2': join(packages, 'jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2'),
  'jetbrains-mono-ext.woff2': join(packages, 'jetbrains-mono/files/jetbrains-mono-latin-ext-wght-normal.woff2'),
  // Cut from the two families' full variable files, see fonts/README.md.
  'newsreader-display.woff2': join(here, 'fonts/newsreader-display.woff2'),
  'newsreader-display-ext.woff2': join(here, 'fonts/newsreader-display-ext.woff2'),
  'archivo-expanded.woff2': join(here, 'fonts/archivo-expanded.woff2'),
  'archivo-expanded-ext.woff2': join(here, 'fonts/archivo-expanded-ext.woff2'),
};

rmSync(dist, { recursive: true, force: true });
mkdirSync(join(dist, 'fonts'), { recursive: true });
const manifest = {};

const result = await build({
  entryPoints: ['app.js', 'editor.js'].map(name => join(here, 'js', name)),
  outdir: dist, entryNames: '[name]-[hash]', bundle: true, minify: true, format: 'esm', target: 'es2022',
  legalComments: 'external', metafile: true, logLevel: 'warning', absWorkingDir: here,
});
for (const [file, output] of Object.entries(result.metafile.outputs)) {
  if (output.entryPoint) manifest[basename(output.entryPoint)] = basename(file);
}

for (const [name, source] of Object.entries(fonts)) {
  const hash = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 10);
  const hashed = `fonts/${name.replace('.woff2', '')}-${hash}.woff2`;
  copyFileSync(source, join(dist, hashed));
  manifest[`fonts/${name}`] = hashed;
}

writeFileSync(join(dist, 'manifest.json'), JSON.stringify(manifest, null, 1) + '\n');
console.log(Object.keys(manifest).length + ' files in static/dist');
