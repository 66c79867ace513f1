import { statSync } from 'node:fs';
import type { Saved } from '../../replay/save.ts';
import type { Declare } from '../command.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { durationMs } from '../follow.ts';
import type { Local } from '../local.ts';
import { duration, moment } from '../render/times.ts';
import { counted, type View } from '../render/view.ts';
import { withStream, type StreamOptions } from '../stream-options.ts';

interface Options extends StreamOptions {
  readonly since: string;
  readonly for?: string;
}

/** `record`: a window of the frame stream in a file, with all that is needed to judge it again. */
export const record: Declare = (program, _act, _print, actLocally) => {
  withStream(
    program
      .command('record')
      .description('save a window of the frame stream in a file, from which backtest and selftest can judge it again')
      .argument('<file>', 'where to; it is there once it is whole')
      .option('--since <time>', 'how far back it begins; the stream keeps an hour', '1h')
      .option('--for <time>', 'how long to go on from now; Ctrl-C ends it early'),
  ).action((file: string, options: Options) => actLocally((local) => run(local, file, options)));
};

async function run(local: Local, file: string, options: Options): Promise<ExitCode> {
  const forMs = options.for === undefined ? 0 : durationMs(options.for);
  const sinceMs = durationMs(options.since);
  const session = local.session();
  const { api, options: here } = session;
  const ending = new AbortController();
  const { save } = await import('../../replay/save.ts');
  const interrupt = (): void => ending.abort();
  process.once('SIGINT', interrupt);
  try {
    const saved = await save(file, {
      api,
      clock: here.clock,
      natsUrl: options.natsUrl,
      prefix: options.subjectPrefix,
      nodes: options.node,
      sinceMs,
      forMs,
      writtenBy: here.version,
      ending: ending.signal,
    });
    const bytes = statSync(file).size;
    session.show({
      lines: (view) => lines(file, saved, bytes, view),
      objects: [],
      document: { file, bytes, ...saved },
    });
    return exitCodes.fine;
  } finally {
    process.off('SIGINT', interrupt);
  }
}

function lines(
  file: string,
  { sinceMs, untilMs, messages, objects, streamBeginsMs }: Saved,
  bytes: number,
  view: View,
) {
  const at = (ms: number): string => moment(new Date(ms).toISOString(), view.nowMs);
  const what = `${counted(messages, 'message')} and ${counted(objects, 'object')}`;
  const from = streamBeginsMs ?? sinceMs;
  return [
    `${file}: ${what}, ${(bytes / 1e6).toFixed(1)} MB`,
    untilMs === undefined
      ? 'no frame was stored in this time'
      : `from ${at(from)} to ${at(untilMs)}, ${duration(untilMs - from)}`,
    ...(streamBeginsMs === undefined ? [] : [`the stream begins only then: it keeps no more`]),
  ];
}
