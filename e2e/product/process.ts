import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

/** A program that this process started and will end. Its output goes to a log file. */
export interface Program {
  readonly name: string;
  readonly pid: number;
  readonly log: string;
  /** Rejects as soon as the program ends without having been asked to. */
  readonly ended: Promise<number>;
  /** SIGTERM, and SIGKILL after ten seconds; resolves to the exit code (128 and more: by a signal). */
  stop(): Promise<number>;
  /** SIGKILL, as a machine's failure would. */
  kill(): Promise<void>;
}

/** What ends with this process, however it ends but for SIGKILL: an orphan would go on acting on the cluster. */
const children = new Set<ChildProcess>();

const endChildren = (): void => {
  for (const child of children) child.kill('SIGKILL');
};

const signals = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;
const exitOn = (signal: keyof typeof signals): void => process.exit(128 + signals[signal]);

/** Lets this process end by way of its `exit` handlers when it is asked to end. */
export const exitOnSignals = (): void => {
  for (const signal of Object.keys(signals)) {
    process.off(signal, exitOn);
    process.once(signal, exitOn);
  }
};

/** Once something was started: its end is bound to ours. */
const bindChildren = (): void => {
  process.once('exit', endChildren);
  exitOnSignals();
};

/** Starts a program, with Node unless `command` names another; unless `detached`, it does not outlive this process. */
export const startProgram = (
  name: string,
  args: readonly string[],
  environment: Record<string, string>,
  {
    log,
    detached = false,
    command = process.execPath,
  }: { log: string; detached?: boolean | undefined; command?: string },
): Program => {
  const output = openSync(log, 'a');
  const child: ChildProcess = spawn(command, [...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', output, output],
    detached,
  });
  closeSync(output);
  if (!detached) {
    if (process.listenerCount('exit', endChildren) === 0) bindChildren();
    children.add(child);
    child.once('exit', () => children.delete(child));
  }
  const ended = new Promise<number>((resolve) => {
    child.once('error', () => resolve(127));
    child.once('exit', (code, signal) => resolve(signal === null ? (code ?? 1) : 128));
  });
  return {
    name,
    pid: child.pid ?? 0,
    log,
    ended,
    stop: async () => {
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), 10_000);
      const code = await ended;
      clearTimeout(force);
      return code;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
};
