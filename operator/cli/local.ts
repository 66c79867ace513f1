import { format, type Report } from './output.ts';
import { openSession, viewOf, type GlobalOptions, type Surroundings } from './opening.ts';
import type { View } from './render/view.ts';
import type { Session } from './session.ts';

/** A run of a command that may do without a cluster. */
export class Local {
  readonly options: GlobalOptions;
  readonly surroundings: Surroundings;
  #session: Session | undefined;

  constructor(options: GlobalOptions, surroundings: Surroundings) {
    this.options = options;
    this.surroundings = surroundings;
  }

  get view(): View {
    return { ...viewOf(this.options, this.surroundings), nowMs: this.surroundings.clock.now() };
  }

  /** The cluster that is meant, from the first call on; throws a `KubeConfigError` when none can be. */
  session(): Session {
    this.#session ??= openSession(this.options, this.surroundings);
    return this.#session;
  }

  /** Whether a cluster was asked. */
  get asked(): Session | undefined {
    return this.#session;
  }

  /** Prints what a command has found, as `-o` wants it. */
  show(report: Report): void {
    const text = format(report, this.options.output, this.view);
    if (text !== '') this.surroundings.print(`${text}\n`);
  }

  close(): void {
    this.#session?.options.close();
  }
}
