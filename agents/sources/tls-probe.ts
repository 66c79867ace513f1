import { connect, createSecureContext } from 'node:tls';

/**
 * Begins to ask whether something answers; tells it once, later: undefined when it could not even be asked. The result
 * gives it up without an answer.
 */
export type Probe = (answer: (ok: boolean | undefined) => void) => () => void;

/** What is short on this machine and says nothing of the other side: descriptors, buffers, ports, memory. */
const own = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL', 'EAGAIN']);

/** Whether a failed connection failed at ours. */
export const isOwnShortage = (error: NodeJS.ErrnoException): boolean => own.has(error.code ?? '');

/**
 * A TCP connection and a TLS handshake. Who answers is not checked: this asks whether somebody is alive, and trusts it
 * with nothing. Context and session are used again, which makes a handshake cheap for both sides.
 */
export const tlsProbe = (host: string, port: number): Probe => {
  const secureContext = createSecureContext({ ca: [] });
  let session: Buffer | undefined;
  return (answer) => {
    const socket = connect({
      host,
      port,
      secureContext,
      rejectUnauthorized: false,
      ...(session !== undefined && { session }),
    });
    socket.once('session', (fresh: Buffer) => {
      session = fresh;
      socket.destroy();
    });
    socket.once('secureConnect', () => {
      answer(true);
      // With TLS 1.3 the session comes after the handshake: give it a moment.
      if (socket.isSessionReused()) socket.destroy();
      else socket.setTimeout(200, () => socket.destroy());
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      session = undefined;
      answer(isOwnShortage(error) ? undefined : false);
    });
    socket.once('close', () => answer(false));
    return () => socket.destroy();
  };
};
