import { spawn } from 'node:child_process';
import { ClusterError } from '../failure.ts';

/** How a command is run. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  /** Called with each piece of its standard error as it comes. */
  readonly onError?: (text: string) => void;
}

/** Runs a command to its end and returns its standard output; throws with what it said when it fails. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const child = spawn(command, args, { cwd: options.cwd, env: options.env ?? process.env, stdio: 'pipe' });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
    options.onError?.(text);
  });
  child.stdin.on('error', () => undefined); // it may end without reading
  child.stdin.end(options.input ?? '');
  const { code, failure } = await new Promise<{ code: number | null; failure?: Error }>((resolve) => {
    child.on('error', (failure) => resolve({ code: null, failure }));
    child.on('close', (code) => resolve({ code }));
  });
  if (code === 0) return output;
  const said = `${errors}\n${output}`.split('\n').filter((line) => line.trim() !== '');
  const what = failure === undefined ? `ended with ${code ?? 'a signal'}` : `could not be run: ${failure.message}`;
  throw new ClusterError(`${command} ${args.slice(0, 6).join(' ')} ${what}`, said.slice(-10), { cause: failure });
}
