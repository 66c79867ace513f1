/** A nats-server of a test's own, on a free port, that can be killed, frozen and started again on the same store. */
import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../wire/testing/free-port.ts';

export class NatsServer {
  readonly url: string;
  readonly port: number;
  readonly #directory: string;
  #process: ChildProcess | undefined;

  private constructor(port: number, directory: string) {
    this.port = port;
    this.#directory = directory;
    this.url = `nats://127.0.0.1:${port}`;
  }

  /**
   * Starts the program that `NATS_SERVER` names, or `nats-server` on the PATH. `configuration` is in its own language;
   * `STORE` in it stands for a directory that only this server has.
   */
  static async start(configuration = 'jetstream { store_dir: "STORE" }'): Promise<NatsServer> {
    const directory = mkdtempSync(join(tmpdir(), 'homeostat-nats-'));
    const server = new NatsServer(await freePort(), directory);
    server.configure(configuration);
    try {
      await server.restart();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** Of its process; throws while it is killed. */
  get pid(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error('it does not run');
    return pid;
  }

  /** Counts from the next start on. */
  configure(configuration: string): void {
    const text = `host: 127.0.0.1\nport: ${this.port}\n${configuration.replaceAll('STORE', join(this.#directory, 'store'))}\n`;
    writeFileSync(join(this.#directory, 'nats.conf'), text);
  }

  /** Starts it again after `kill`, with what it had stored. */
  async restart(): Promise<void> {
    const program = process.env['NATS_SERVER'] ?? 'nats-server';
    const child = spawn(program, ['-c', join(this.#directory, 'nats.conf')], { stdio: 'ignore' });
    const failed = new Promise<never>((_, reject) => {
      child.once('error', () => reject(new Error(`cannot start ${program}: put it on the PATH or set NATS_SERVER`)));
      child.once('exit', (code) => reject(new Error(`${program} ended with code ${code}`)));
    });
    this.#process = child;
    const giveUp = new AbortController();
    try {
      await Promise.race([listening(this.port, giveUp.signal), failed]);
    } finally {
      giveUp.abort();
      failed.catch(() => {});
    }
  }

  /** SIGKILL: nothing is written to disk any more. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** While it is killed: keeps what is stored now, for `rollBack`. */
  keep(): void {
    cpSync(join(this.#directory, 'store'), join(this.#directory, 'kept'), { recursive: true });
  }

  /** While it is killed: puts back what was kept, as a machine does that lost what was not written to disk yet. */
  rollBack(): void {
    rmSync(join(this.#directory, 'store'), { recursive: true, force: true });
    cpSync(join(this.#directory, 'kept'), join(this.#directory, 'store'), { recursive: true });
  }

  /** Stops it in the middle of everything; connections stay open and say nothing. */
  freeze(frozen: boolean): void {
    this.#process?.kill(frozen ? 'SIGSTOP' : 'SIGCONT');
  }

  async stop(): Promise<void> {
    await this.#end('SIGKILL');
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.kill(signal);
    });
  }
}

async function listening(port: number, giveUp: AbortSignal): Promise<void> {
  while (!giveUp.aborted) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connectSocket(port, '127.0.0.1', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('data', () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
