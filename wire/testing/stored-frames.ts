import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { decode } from '../../engine/frame/decode.ts';
import { framesStream } from '../../engine/frame/stream.ts';
import type { Frame, Keyframe } from '../../engine/frame/types.ts';

/** Everything that is in the stream of frames, in its order. */
export async function storedFrames(url: string): Promise<(Frame | Keyframe)[]> {
  const connection = await connect({ servers: url });
  try {
    const { streams } = await jetstreamManager(connection);
    const { name } = framesStream({ maxBytes: 1 });
    const { state } = await streams.info(name);
    const messages: (Frame | Keyframe)[] = [];
    for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq++) {
      const message = await streams.getMessage(name, { seq });
      if (message !== null) messages.push(decode(message.data));
    }
    return messages;
  } finally {
    await connection.close();
  }
}
