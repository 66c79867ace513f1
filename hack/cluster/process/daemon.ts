import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, closeSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ClusterError } from '../failure.ts';
import { identify, isAlive, signal, type ProcessIdentity } from './identity.ts';
import { explain } from './log.ts';
import { waitUntil } from './wait.ts';

/** A program to be run in the background. */
export interface Daemon {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Standard output and error go here; an earlier log is kept as `<log>.1`. */
  readonly log: string;
}

/** Starts the program in a session of its own, so that it outlives the caller. */
export function start(daemon: Daemon): ProcessIdentity {
  mkdirSync(dirname(daemon.log), { recursive: true });
  if (existsSync(daemon.log) && statSync(daemon.log).size > 0) renameSync(daemon.log, `${daemon.log}.1`);
  const output = openSync(daemon.log, 'a');
  const child = spawn(daemon.command, daemon.args, {
    detached: true,
    stdio: ['ignore', output, output],
    env: daemon.env ?? process.env,
    cwd: '/',
  });
  closeSync(output);
  child.on('error', () => undefined); // seen below, as a missing pid
  child.unref();
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  if (identity === undefined) throw startFailure(daemon, 'did not start');
  return identity;
}

/** Waits until `ready` holds; throws, with the lines of its log that explain it, when the program ends before. */
export async function untilReady(
  daemon: Daemon,
  identity: ProcessIdentity,
  ready: () => Promise<boolean>,
  timeoutMs: number,
): Promise<void> {
  const outcome = await waitUntil(async () => {
    if (!isAlive(identity)) return 'ended';
    return (await ready()) ? 'ready' : undefined;
  }, timeoutMs);
  if (outcome === 'ready') return;
  const what = outcome === 'ended' ? 'ended at once' : `was not ready after ${timeoutMs / 1000} s`;
  throw startFailure(daemon, what);
}

/** Ends the process: `name` first, SIGKILL when it has not ended after `graceMs`. */
export async function stop(identity: ProcessIdentity, name: NodeJS.Signals = 'SIGTERM', graceMs = 8000): Promise<void> {
  if (!signal(identity, name)) return;
  const gone = async (): Promise<boolean> => !isAlive(identity);
  if (await waitUntil(gone, graceMs, 20)) return;
  signal(identity, 'SIGKILL');
  await waitUntil(gone, 2000, 20);
}

function startFailure(daemon: Daemon, what: string): ClusterError {
  const text = existsSync(daemon.log) ? readFileSync(daemon.log, 'utf8') : '';
  return new ClusterError(`${daemon.name} ${what}; its log is ${daemon.log}`, explain(text));
}
