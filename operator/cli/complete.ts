/** Shell completion: what may stand next on the command line. What comes from the cluster is left out when that is away. */
import type { Command, Option } from 'commander';
import { knownMetrics } from '../../engine/metrics.ts';
import type { Guardrail as Rail } from '../../crds/guardrail.ts';
import type { Remediation as Attempt } from '../../crds/remediation.ts';
import type { KubeObject, Resource } from '../kube/api.ts';
import { DetectionPolicy, Guardrail, Incident, Namespace, Remediation, RemediationPlan } from '../kube/resources.ts';
import { collect } from './command.ts';
import { namedKinds, resourceNamed } from './find.ts';
import { standingOf } from './render/standing.ts';
import type { Session } from './session.ts';
import { subjectKinds } from './subject.ts';

/** What may stand at a place: words, or names of objects (all, or those of which something holds). */
export interface Wanted {
  readonly words?: readonly string[];
  readonly names?: Resource;
  readonly only?: (object: KubeObject) => boolean;
}

/** The line as far as it is typed, taken apart. */
export interface Typed {
  readonly command: Command | undefined;
  /** The arguments before the last word. */
  readonly given: readonly string[];
  /** Options with their values, such as `namespace`. */
  readonly options: Readonly<Record<string, string | readonly string[]>>;
  /** The option whose value is being typed. */
  readonly optionBefore: Option | undefined;
  readonly last: string;
}

/** Takes a line apart by the options that the program knows. */
export function takeApart(program: Command, words: readonly string[]): Typed {
  const last = words.at(-1) ?? '';
  let command: Command | undefined;
  let optionBefore: Option | undefined;
  const given: string[] = [];
  const options: Record<string, string | readonly string[]> = {};
  const take = (option: Option, value: string): void => {
    const name = option.attributeName();
    options[name] = option.parseArg === collect ? collect(value, options[name] as readonly string[]) : value;
  };
  for (const word of words.slice(0, -1)) {
    if (optionBefore !== undefined) {
      take(optionBefore, word);
      optionBefore = undefined;
    } else if (word.startsWith('-')) {
      const [flag = '', value] = word.split('=', 2);
      const option = [...program.options, ...(command?.options ?? [])].find(
        ({ long, short }) => long === flag || short === flag,
      );
      if (option?.required !== true) continue;
      if (value === undefined) optionBefore = option;
      else take(option, value);
    } else if (command === undefined) command = program.commands.find((known) => known.name() === word);
    else given.push(word);
  }
  return { command, given, options, optionBefore, last };
}

const kindWords = (kinds: readonly Resource[]): string[] =>
  namedKinds.flatMap(({ resource, offered }) => (kinds.includes(resource) ? offered : []));

const isAsking = (object: KubeObject): boolean => standingOf(object as Attempt).word === 'AwaitingApproval';
const isPausing = (object: KubeObject): boolean => ((object as Rail).spec.paused ?? []).length > 0;
const isUnderWay = (object: KubeObject): boolean => standingOf(object as Attempt).isOpen;

/** A kind first, then a name of it. */
const kindThenName =
  (kinds: readonly Resource[]) =>
  ([kind]: readonly string[]): Wanted => {
    if (kind === undefined) return { words: kindWords(kinds), names: Remediation };
    const resource = resourceNamed(kind);
    return resource !== undefined && kinds.includes(resource) ? { names: resource } : {};
  };

/** What the arguments of each command may be, by those before. */
export const argumentsOf: Readonly<Record<string, (given: readonly string[]) => Wanted>> = {
  status: () => ({}),
  why: kindThenName([Remediation, Incident, ...subjectKinds]),
  diff: kindThenName([Remediation, RemediationPlan]),
  approve: () => ({ names: Remediation, only: isAsking }),
  deny: () => ({ names: Remediation, only: isAsking }),
  undo: ([name]) => (name === undefined ? { names: Remediation } : {}),
  cancel: () => ({ names: Remediation, only: isUnderWay }),
  pause: ([name]) => (name === undefined ? { names: Guardrail } : {}),
  resume: ([name]) => (name === undefined ? { names: Guardrail, only: isPausing } : {}),
  ack: () => ({ names: Incident }),
  verdict: ([name]) => (name === undefined ? { names: Incident } : { words: ['TruePositive', 'FalsePositive'] }),
  metrics: ([word]) => (word === undefined ? { words: knownMetrics().map(({ name }) => name) } : {}),
  audit: ([verb]) => (verb === undefined ? { words: ['verify'] } : {}),
  history: kindThenName(subjectKinds),
  record: () => ({}),
  test: () => ({}),
  backtest: () => ({ names: DetectionPolicy }),
  selftest: () => ({ names: DetectionPolicy }),
  completion: () => ({ words: ['bash', 'zsh', 'fish'] }),
};

/** What is wanted where the line ends. */
export function wantedAt(program: Command, { command, given, optionBefore, last }: Typed): Wanted {
  const options = [...program.options, ...(command?.options ?? [])];
  if (optionBefore?.attributeName() === 'namespace' || optionBefore?.attributeName() === 'rootNamespace')
    return { names: Namespace };
  if (optionBefore !== undefined) return { words: optionBefore.argChoices ?? [] };
  if (last.startsWith('-')) return { words: options.flatMap(({ long }) => long ?? []) };
  if (command === undefined) return { words: program.commands.map((known) => known.name()) };
  return argumentsOf[command.name()]?.(given) ?? {};
}

/** The words that fit; `session` is opened only when the cluster has to be asked. */
export async function complete(
  program: Command,
  words: readonly string[],
  session: (options: Typed['options']) => Session,
): Promise<string[]> {
  const typed = takeApart(program, words);
  const { words: known = [], names, only = () => true } = wantedAt(program, typed);
  const fits = (word: string): boolean => word.startsWith(typed.last);
  const found = known.filter(fits);
  if (names === undefined) return found;
  try {
    const opened = session(typed.options);
    const namespace = names.namespaced ? opened.namespace : undefined;
    const objects = await opened.all(names, { namespace });
    return [
      ...found,
      ...objects
        .filter(only)
        .map(({ metadata }) => metadata.name)
        .filter(fits),
    ];
  } catch {
    return found; // In the middle of a command line nobody wants to read why.
  }
}
