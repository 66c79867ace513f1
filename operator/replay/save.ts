import { connectOnce } from './connect.ts';
import { record, windowOf, type RecordOptions } from './record.ts';
import type { RecordingEnd } from './recording/format.ts';
import { RecordingWriter } from './recording/writer.ts';

export interface SaveOptions extends Omit<RecordOptions, 'connection' | 'nodes'> {
  readonly natsUrl: string;
  readonly nodes: readonly string[] | undefined;
  readonly writtenBy: string;
}

/** What was saved. */
export interface Saved extends RecordingEnd {
  readonly stream: string;
  /** Where the window begins, in milliseconds since the epoch. */
  readonly sinceMs: number;
  /** The oldest message that the stream still had, when the window was to begin before it. */
  readonly streamBeginsMs?: number;
}

/** Saves a window of the stream into a file. Rejects, and leaves no file, when it could not be had whole. */
export async function save(path: string, options: SaveOptions): Promise<Saved> {
  const { natsUrl, writtenBy, prefix, nodes } = options;
  const connection = await connectOnce(natsUrl, 'homeostat recording');
  try {
    const recording = { ...options, connection, nodes: nodes && new Set(nodes) };
    const window = await windowOf(recording);
    const { stream, beginMs, streamBeginsMs } = window;
    const writer = new RecordingWriter(path, { writtenBy, stream, prefix, sinceMs: beginMs, ...(nodes && { nodes }) });
    try {
      await record(recording, window, (entry) => writer.write(entry));
      return { stream, sinceMs: beginMs, ...(streamBeginsMs !== undefined && { streamBeginsMs }), ...writer.finish() };
    } catch (error) {
      writer.abandon();
      throw error;
    }
  } finally {
    await connection.close();
  }
}
