/** From the global options and the surroundings of a run to a session with a cluster. */
import type { Clock } from '../kube/clock.ts';
import { connect } from '../kube/http-api.ts';
import { exitCodes, Failure } from './exit.ts';
import type { Output } from './output.ts';
import { ansi, plain, type View } from './render/view.ts';
import { Session } from './session.ts';

/** What a run knows of the process it is in. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly print: (text: string) => void;
  readonly tell: (text: string) => void;
  /** The width of the terminal; undefined when standard output is not one. */
  readonly columns: number | undefined;
  /** How one calls the program: `homeostat`, or `kubectl homeostat`. */
  readonly program: string;
  readonly version: string;
}

/** Global options as commander gives them. */
export interface GlobalOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
  readonly rootNamespace: string;
  readonly as?: string;
  readonly asGroup?: readonly string[];
  readonly output?: Output;
  readonly color: 'auto' | 'always' | 'never';
}

/** The operator’s own namespace, unless something else is said. */
export const defaultRootNamespace = 'homeostat-system';

const defaultColumns = 120;
const leastColumns = 60;

/** A session that is not connected yet; throws a `KubeConfigError`, or a `Failure` for options that do not go together. */
export function openSession(options: GlobalOptions, surroundings: Surroundings): Session {
  const { clock, print, tell, program, version } = surroundings;
  const { kubeconfig, context, as, asGroup, output } = options;
  if (as === undefined && asGroup !== undefined)
    throw new Failure(exitCodes.usage, '--as-group says of whom --as names; add --as USER');
  const connected = connect({ kubeconfig, context });
  return new Session({
    api: as === undefined ? connected : connected.as(as, asGroup),
    server: connected.server.replace(/\/$/, ''),
    as: as === undefined ? undefined : asGroup === undefined ? as : `${as} with groups ${asGroup.join(', ')}`,
    namespace: options.namespace ?? connected.namespace ?? 'default',
    everywhere: options.allNamespaces === true,
    rootNamespace: options.rootNamespace,
    output,
    view: viewOf(options, surroundings),
    clock,
    print,
    tell,
    program,
    version,
    close: () => connected.close(),
  });
}

/** How things are to be shown. */
export function viewOf(
  { output, color }: Pick<GlobalOptions, 'output' | 'color'>,
  { columns, env }: Pick<Surroundings, 'columns' | 'env'>,
): Omit<View, 'nowMs'> {
  const isWanted = columns !== undefined && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  return {
    columns: Math.max(columns ?? defaultColumns, leastColumns),
    wide: output === 'wide',
    paint: color === 'always' || (color === 'auto' && isWanted) ? ansi : plain,
  };
}
