import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Recording } from '../replay/recording/reader.ts';
import { exitCodes, Failure } from './exit.ts';
import { durationMs } from './follow.ts';
import type { Local } from './local.ts';
import { withStream, type StreamOptions } from './stream-options.ts';

/** A recording, or what the stream has. */
export interface RecordingOptions extends StreamOptions {
  readonly file?: string;
  readonly since?: string;
}

/** Options of the commands that judge what was recorded. */
export const withRecordingOptions = (command: Command): Command =>
  withStream(
    command
      .option('--file <recording>', 'judge a recording, as record saves it')
      .option('--since <time>', 'judge the stream of the cluster, from so far back'),
  );

/** Says what is wrong with the options; to be called before anything is asked. */
export function checkRecordingOptions({ file, since }: RecordingOptions): void {
  if ((file === undefined) === (since === undefined))
    throw new Failure(exitCodes.usage, 'give either --file RECORDING or --since TIME, such as --since 1h');
  if (since !== undefined) durationMs(since);
}

/** Does something with the recording that is meant; what has to be recorded first is removed again. */
export async function withRecording<T>(
  local: Local,
  options: RecordingOptions,
  work: (recording: Recording) => T,
): Promise<T> {
  const { Recording: Opened } = await import('../replay/recording/reader.ts');
  if (options.file !== undefined) return work(new Opened(options.file));
  const { save } = await import('../replay/save.ts');
  const directory = mkdtempSync(join(tmpdir(), 'homeostat-window-'));
  try {
    const path = join(directory, 'window.hrec');
    const { api, options: here } = local.session();
    await save(path, {
      api,
      clock: here.clock,
      natsUrl: options.natsUrl,
      prefix: options.subjectPrefix,
      nodes: options.node,
      sinceMs: durationMs(options.since ?? '1h'),
      forMs: 0,
      writtenBy: here.version,
      ending: new AbortController().signal,
    });
    return work(new Opened(path));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
