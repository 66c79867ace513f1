import { readFile } from 'node:fs/promises';
import type { Clock } from '../kube/clock.ts';
import type { Logger } from '../kube/logger.ts';
import { nobody, parseOutsiders, type Outsiders } from './file.ts';

/** A mounted Secret changes by a link that is put elsewhere, which no watch of files tells reliably: it is read so often. */
const readEveryMs = 5000;

export interface WatchedFileOptions {
  /** Undefined: there is no file, and nobody is told. */
  readonly path: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Reads the text of the file; for tests. */
  readonly read?: ((path: string) => Promise<string>) | undefined;
}

/** The notifiers file as it is now. One that cannot be read or used changes nothing: the last good version holds. */
export class WatchedFile {
  readonly #options: WatchedFileOptions;
  readonly #listeners = new Set<() => void>();
  #current: Outsiders = nobody;
  #text: string | undefined;
  #problem: string | undefined;
  #cancel = (): void => {};
  #stopped = false;

  constructor(options: WatchedFileOptions) {
    this.#options = options;
    if (options.path !== undefined) this.#problem = 'was not read yet';
  }

  /** The last version that could be used. */
  get current(): Outsiders {
    return this.#current;
  }

  /** What is wrong with the file as it is now; undefined when nothing is. */
  get problem(): string | undefined {
    return this.#problem === undefined ? undefined : `notifiers file ${this.#options.path} ${this.#problem}`;
  }

  /** Calls `listener` when another version holds, or when something is wrong or not wrong any more. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Reads the file, and again from time to time. Resolves when it was read once; never rejects. */
  async start(): Promise<void> {
    const { path, clock } = this.#options;
    if (path === undefined || this.#stopped) return;
    await this.#look(path);
    if (!this.#stopped) this.#cancel = clock.after(readEveryMs, () => void this.start());
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  async #look(path: string): Promise<void> {
    const { read = (file) => readFile(file, 'utf8'), logger } = this.#options;
    let text: string;
    try {
      text = await read(path);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      this.#settle(`cannot be read (${code}): mount it, or remove --notifiers-file`);
      return;
    }
    if (text === this.#text) return;
    this.#text = text;
    const found = parseOutsiders(text);
    if ('problem' in found) return this.#settle(`${found.problem}. Until that is mended, the version before holds`);
    this.#current = found;
    logger.info('notifiers file read', {
      notifiers: [...found.notifiers].map(([name, { kind }]) => `${name} (${kind})`),
      webhooks: [...found.webhooks.keys()],
    });
    this.#settle(undefined, true);
  }

  #settle(problem: string | undefined, isNew = false): void {
    const isNews = isNew || problem !== this.#problem;
    this.#problem = problem;
    // What was refused or unreadable is looked at again, also when it comes back as it was.
    if (problem !== undefined && problem.startsWith('cannot be read')) this.#text = undefined;
    if (!isNews) return;
    if (problem !== undefined) this.#options.logger.error('notifiers file cannot be used', { problem: this.problem });
    for (const listener of this.#listeners) listener();
  }
}
