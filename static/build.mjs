// Bundles the scripts and cuts the fonts into static/dist/ under hashed names, then writes manifest.json,
// the map from the plain name ("app.js", "fonts/figtree.woff2") to the hashed one. Run by `npm run build`.
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import subsetFont from 'subset-font';

const here = fileURLToPath(new URL('.', import.meta.url));
const dist = join(here, 'dist');
const packages = join(here, '..', 'node_modules', '@fontsource-variable');

// Two families are used in one cut only; the full variable files are three times as large.
const families = {
  figtree: { family: 'figtree', axes: 'wght' },
  'jetbrains-mono': { family: 'jetbrains-mono', axes: 'wght' },
  'newsreader-display': { family: 'newsreader', axes: 'standard', cut: { opsz: 72, wght: { min: 400, max: 600 } } },
  'archivo-expanded': { family: 'archivo', axes: 'standard', cut: { wdth: 125, wght: { min: 500, max: 800 } } },
};

rmSync(dist, { recursive: true, force: true });
mkdirSync(join(dist, 'fonts'), { recursive: true });
const manifest = {};

const result = await build({
  entryPoints: ['app.js', 'editor.js', 'look.js', 'passkeys.js'].map(name => join(here, 'js', name)),
  outdir: dist, entryNames: '[name]-[hash]', bundle: true, minify: true, format: 'esm', target: 'es2022',
  legalComments: 'external', metafile: true, logLevel: 'warning', absWorkingDir: here,
});
for (const [file, output] of Object.entries(result.metafile.outputs)) {
  if (output.entryPoint) manifest[basename(output.entryPoint)] = basename(file);
}

for (const [name, { family, axes, cut }] of Object.entries(families)) {
  for (const [subset, suffix] of [['latin', ''], ['latin-ext', '-ext']]) {
    const source = readFileSync(join(packages, family, 'files', `${family}-${subset}-${axes}-normal.woff2`));
    const font = cut ? await subsetFont(source, characters(family, subset), { targetFormat: 'woff2', variationAxes: cut }) : source;
    const hash = createHash('sha256').update(font).digest('hex').slice(0, 10);
    const hashed = `fonts/${name}${suffix}-${hash}.woff2`;
    writeFileSync(join(dist, hashed), font);
    manifest[`fonts/${name}${suffix}.woff2`] = hashed;
  }
  copyFileSync(join(packages, family, 'LICENSE'), join(dist, 'fonts', `OFL-${family}.txt`));
}

function characters(family, subset) {
  const ranges = JSON.parse(readFileSync(join(packages, family, 'unicode.json')))[subset];
  return ranges.split(',').flatMap(range => {
    const [first, last = first] = range.replace('U+', '').split('-').map(hex => parseInt(hex, 16));
    return Array.from({ length: last - first + 1 }, (_, n) => String.fromCodePoint(first + n));
  }).join('');
}

writeFileSync(join(dist, 'manifest.json'), JSON.stringify(manifest, null, 1) + '\n');
console.log(Object.keys(manifest).length + ' files in static/dist');
