import { Option } from 'commander';
import { hoursOfWeek, together, usualAt, type Profile } from '../../../engine/history/profile.ts';
import { hourMs } from '../../../engine/history/series.ts';
import { metricNamed } from '../../../engine/metrics.ts';
import { suggestion } from '../../../engine/evaluate/nearest.ts';
import { knownMetrics } from '../../../engine/metrics.ts';
import { quantile, relativeError, type Sketch } from '../../../engine/sketch/sketch.ts';
import type { Past } from '../../history/past.ts';
import { connectOnce } from '../../replay/connect.ts';
import type { Declare } from '../command.ts';
import { exitCodes, Failure, type ExitCode } from '../exit.ts';
import { read, readAny, referenceOf, type Reference } from '../find.ts';
import { durationMs } from '../follow.ts';
import type { Local } from '../local.ts';
import { historyLines } from '../render/history.ts';
import type { Session } from '../session.ts';
import { withBroker, type BrokerOptions } from '../stream-options.ts';
import { subjectKinds, targetOf } from '../subject.ts';

interface Options extends BrokerOptions {
  readonly metric: string;
  readonly since: string;
  readonly by: 'hour' | 'day';
  readonly container?: string;
}

/** `history`: what a metric of a workload or node was, by the hour or day, and what is usual. */
export const history: Declare = (program, _act, _print, actLocally) => {
  withBroker(
    program
      .command('history')
      .description('what a metric of a workload or a node was, by hour or day, and what is usual of it')
      .argument('<kind-or-name>', 'pod (means its workload), node, deployment, statefulset, daemonset; or kind/name')
      .argument('[name]', 'which')
      .requiredOption('--metric <name>', 'the metric; see the command metrics')
      .option('--since <time>', 'how far back it begins', '1d')
      .addOption(new Option('--by <period>', 'what a line is about').choices(['hour', 'day']).default('hour'))
      .option('--container <name>', 'of this container only; default: all together'),
  )
    .addHelpText(
      'after',
      `\nExamples:\n  ${program.name()} history deploy/cart -n shop --metric k8s.container.cpu.usage --since 7d\n`,
    )
    .action((first: string, second: string | undefined, options: Options) =>
      actLocally((local) => run(local, second === undefined ? [first] : [first, second], options)),
    );
};

async function run(local: Local, words: readonly string[], options: Options): Promise<ExitCode> {
  const metric = metricNamed(options.metric);
  if (metric === undefined) {
    const names = knownMetrics().map(({ name }) => name);
    throw new Failure(
      exitCodes.usage,
      `${options.metric} is not a metric that is measured${suggestion(options.metric, names)}`,
    );
  }
  const backMs = durationMs(options.since);
  const session = local.session();
  const nowMs = session.options.clock.now();
  const entity = await entityNamed(session, words);
  if ((metric.scope === 'Node') !== entity.startsWith('Node/'))
    throw new Failure(exitCodes.usage, `${metric.name} is measured for each ${metric.scope}, not for ${entity}`);
  const periodMs = options.by === 'day' ? 24 * hourMs : hourMs;
  const { pastOf } = await import('../../history/past.ts');
  const connection = await connectOnce(options.natsUrl, 'homeostat history');
  const ending = new AbortController();
  const interrupt = (): void => ending.abort();
  process.once('SIGINT', interrupt);
  try {
    const past = await pastOf({
      connection,
      prefix: options.subjectPrefix,
      entity,
      metric: options.metric,
      container: options.container,
      sinceMs: nowMs - backMs,
      periodMs,
      ending: ending.signal,
    });
    const told = { entity, metric: options.metric, container: options.container, periodMs, ...past };
    session.show({
      lines: (view) => historyLines(told, view),
      objects: [],
      document: documentOf(told, nowMs),
    });
    return past.periods.length === 0 && past.profile.containers.size === 0 ? exitCodes.notFound : exitCodes.fine;
  } finally {
    process.off('SIGINT', interrupt);
    await connection.close();
  }
}

/** Whose history a name on the command line means; a workload need not exist any more. */
async function entityNamed(session: Session, words: readonly string[]): Promise<string> {
  const named = referenceOf(words, subjectKinds);
  const reference: Reference =
    typeof named === 'string'
      ? { resource: (await readAny(session, named, subjectKinds)).resource, name: named }
      : named;
  const { resource, name } = reference;
  if (resource.kind === 'Node') return `Node/${name}`;
  if (resource.kind !== 'Pod') return `${resource.kind}/${session.namespace}/${name}`;
  const { workload } = await targetOf(session, reference, await read(session, reference));
  if (workload === undefined)
    throw new Failure(exitCodes.notFound, `pod ${name} belongs to no workload: there is no history of it`);
  return `${workload.kind}/${session.namespace}/${workload.name}`;
}

function documentOf(
  told: Past & { entity: string; metric: string; container: string | undefined },
  nowMs: number,
): object {
  const { entity, metric, container, periods, containers, profile } = told;
  return {
    entity,
    metric,
    ...(container !== undefined && { container }),
    containers,
    periods: periods.map(({ fromMs, minutes, sketch }) => {
      const from = new Date(fromMs).toISOString();
      return sketch.count === 0 ? { from, minutes } : Object.assign({ from, minutes }, figuresOf(sketch));
    }),
    usual: { now: usualAt(profile, nowMs, container) ?? null, hoursOfWeek: weekOf(profile, container) },
  };
}

const weekOf = (profile: Profile, container: string | undefined): object[] =>
  Array.from({ length: hoursOfWeek }, (_, hour) => hour).flatMap((hour) => {
    const { hours, sketch } = together(profile, (other) => other === hour, container);
    return hours === 0 ? [] : [{ hourOfWeek: hour, hours, ...figuresOf(sketch) }];
  });

const figuresOf = (sketch: Sketch): object => ({
  samples: sketch.count,
  mean: sketch.sum / sketch.count,
  min: sketch.min,
  p50: quantile(sketch, 0.5),
  p90: quantile(sketch, 0.9),
  p99: quantile(sketch, 0.99),
  max: sketch.max,
  relativeError: relativeError(sketch),
});
