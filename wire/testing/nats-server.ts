import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';

/**
 * A nats-server with JetStream of a test’s own, on loopback, that it may kill. The program is the one that NATS_SERVER
 * names, else the first `nats-server` in PATH.
 */
export class NatsServer {
  readonly url: string;
  readonly #port: number;
  readonly #directory = mkdtempSync(join(tmpdir(), 'homeostat-nats-'));
  #process: ChildProcess | undefined;

  readonly #config = join(this.#directory, 'server.conf');

  private constructor(port: number, config: string) {
    this.#port = port;
    this.url = `nats://127.0.0.1:${port}`;
    writeFileSync(this.#config, config);
  }

  /**
   * Starts one on a free port, with this configuration beside; one that does not come up within ten seconds is an Error
   * with what to do.
   */
  static async start(config = ''): Promise<NatsServer> {
    const server = new NatsServer(await freePort(), config);
    await server.restart();
    return server;
  }

  /** Starts it (again) on the same port with the same data. */
  async restart(): Promise<void> {
    const program = process.env['NATS_SERVER'] ?? 'nats-server';
    const address = ['--addr', '127.0.0.1', '--port', String(this.#port)];
    const flags = ['--config', this.#config, '--jetstream', '--store_dir', this.#directory, ...address];
    const child = spawn(program, flags, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process = child;
    let log = '';
    child.stderr.on('data', (text: Buffer) => (log = (log + text.toString()).slice(-2000)));
    const failed = new Promise<never>((_, reject) => {
      child.once('error', (error) =>
        reject(new Error(`${program} cannot be started (${error.message}): set NATS_SERVER to a nats-server`)),
      );
      child.once('exit', (code) => reject(new Error(`${program} ended with ${code}: ${log}`)));
    });
    failed.catch(() => {});
    await Promise.race([failed, this.#listens()]);
  }

  /** As `kill -9`: what it had not written is lost. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** Ends it and removes its data. */
  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #listens(): Promise<void> {
    for (let attempt = 0; attempt < 200; attempt++) {
      const socket = connect(this.#port, '127.0.0.1');
      try {
        await once(socket, 'data'); // its INFO line
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      } finally {
        socket.destroy();
      }
    }
    throw new Error(`nats-server does not listen on port ${this.#port}`);
  }
}
