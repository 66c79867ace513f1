/** The command-line program `homeostat`, which is also the kubectl plug-in `kubectl homeostat`. */
// oxlint-disable-next-line import/no-unassigned-import -- it has to run before everything else
import './cli/node-version.ts';
import { run } from './cli/program.ts';
import { systemClock } from './kube/clock.ts';
import { version } from './version.ts';

// How the launcher was called; hack/build writes it.
const calledAs = process.env['HOMEOSTAT_CALLED_AS'];
const argv = process.argv.slice(2);

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0); // Whoever reads has read enough.
  throw error;
});
void run(calledAs === 'kubectl_complete-homeostat' ? ['__complete', ...argv] : argv, {
  env: process.env,
  clock: systemClock,
  print: (text) => void process.stdout.write(text),
  tell: (text) => void process.stderr.write(text),
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  program: calledAs?.startsWith('kubectl') ? 'kubectl homeostat' : 'homeostat',
  version,
}).then((code) => (process.exitCode = code));
