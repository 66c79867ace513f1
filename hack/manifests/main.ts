import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { firstDifference } from './difference.ts';
import { manifests } from './render.ts';

/**
 * Writes the custom resource definitions to `crds/manifests/` and to the chart, from the kinds in `crds/`. With `--check`
 * it writes nothing and fails, showing the first difference, when a file is not what it would write.
 */
const check = process.argv.includes('--check');
process.chdir(new URL('../..', import.meta.url).pathname);

let stale = 0;
for (const [path, text] of manifests()) {
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  if (before === text) continue;
  stale += 1;
  if (check) console.error(`${path} is not what crds/ says\n${firstDifference(before, text)}`);
  else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    console.log(path);
  }
}
if (check && stale > 0) {
  console.error('run `make manifests` and commit the result');
  process.exitCode = 1;
}
