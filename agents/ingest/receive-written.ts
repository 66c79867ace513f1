import type { DeclaredSource, Refusal } from '../declared/declared-source.ts';
import { readWritten, type WriteMessage, type Written } from './remote-write.ts';
import type { Speaker } from './speaker.ts';

export interface Writing {
  readonly into: Pick<DeclaredSource, 'wants' | 'take' | 'end' | 'refused'>;
  readonly whose: ReturnType<Speaker['from']>;
  readonly holdMs: number;
  /** When the agent began: a count that began later has risen from 0 since. */
  readonly sinceMs: number;
  /** Samples of declared metrics that are refused, by why; counted here. */
  readonly refused: Map<Refusal, number>;
}

/**
 * Takes the samples of a request, and answers what there was in it. The labels `namespace`, `pod` and `container` say whose they are; without a pod they
 * are of the sender. Throws a ProtobufError.
 */
export function takeWritten(
  message: WriteMessage,
  request: Buffer,
  { into, whose, holdMs, sinceMs, refused }: Writing,
): Written {
  const refuse = (why: Refusal, count = 1): void => void refused.set(why, (refused.get(why) ?? 0) + count);
  return readWritten(message, request, into.wants, ({ name, labels, samples, startMs }) => {
    const subject = whose({
      namespace: labels.get('namespace'),
      pod: labels.get('pod'),
      container: labels.get('container'),
    });
    if (typeof subject === 'string') {
      into.refused[subject] += samples.length;
      refuse(subject, samples.length);
      return;
    }
    const { pod, container } = subject;
    const series = JSON.stringify([...labels]);
    for (const { value, atMs, isStale } of samples) {
      if (isStale) {
        into.end(pod, container, { name, series });
        continue;
      }
      const as = { kind: 'Plain', ...(startMs > 0 && { sinceMs: startMs }), isWhole: startMs > sinceMs } as const;
      const why = into.take(pod, container, { name, labels, series, value, atMs, as, holdMs });
      if (why !== undefined) refuse(why);
    }
  });
}
