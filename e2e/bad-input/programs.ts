import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startProgram, type Program } from '../product/process.ts';
import { patienceMs, until } from '../runner/world.ts';

/** A program of the project, started from its bundle, and the pages it serves. */
export interface Running extends Program {
  /** The body of a page, such as `/readyz`, with its status before it. */
  page(path: string): Promise<string>;
  /** Resolves when /readyz fits; rejects with what it said last. */
  readyz(fits: RegExp, timeoutMs?: number): Promise<string>;
  /** All it has said, one JSON object a line. */
  lines(): string[];
}

/** Starts a program from its bundle, with a free port for its pages; its log goes into `directory`. */
export const run = (name: 'operator' | 'agent', args: readonly string[], directory: string): Running => {
  const log = join(directory, `${randomUUID()}.log`);
  const flags = ['--metrics-port', '0', '--metrics-address', '127.0.0.1'];
  const program = startProgram(name, ['--enable-source-maps', `dist/${name}.cjs`, ...args, ...flags], {}, { log });
  const lines = (): string[] =>
    readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  const port = (): Promise<number> =>
    until(`the ${name} to listen`, patienceMs, () => {
      const said = lines().filter((line) => line.startsWith('{'));
      const [listening] = said.flatMap((line) => (JSON.parse(line) as { port?: number }).port ?? []);
      return Promise.resolve(listening);
    });
  const page = async (path: string): Promise<string> => {
    const answer = await fetch(`http://127.0.0.1:${await port()}${path}`);
    return `${answer.status} ${await answer.text()}`;
  };
  return {
    ...program,
    lines,
    page,
    readyz: (fits, timeoutMs = patienceMs) =>
      until(`/readyz to be like ${String(fits)}`, timeoutMs, async () => {
        const text = await page('/readyz');
        if (!fits.test(text)) throw new Error(text);
        return text;
      }),
  };
};
