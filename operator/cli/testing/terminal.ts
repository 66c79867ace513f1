/** The program as one runs it, against an API server in memory over HTTP. */
import { ApiServer } from '../../testing/api-server.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { HttpServer } from '../../testing/http-server.ts';
import { serveApi } from '../../testing/served-api.ts';
import { systemClock } from '../../kube/clock.ts';
import type { ExitCode } from '../exit.ts';
import type { Surroundings } from '../opening.ts';
import { run } from '../program.ts';
import { nowMs, world } from './scene.ts';

/** What came of a run. */
export interface Ran {
  readonly code: ExitCode;
  readonly out: string;
  readonly error: string;
}

/** A cluster with the scene in it, and a terminal before it. */
export class Terminal {
  readonly clock = new FakeClock(nowMs);
  readonly server = new ApiServer({ clock: this.clock });
  readonly http = new HttpServer();
  #kubeconfig = '';
  #address = '';

  async start(): Promise<this> {
    await this.http.start();
    serveApi(this.http, this.server);
    this.#address = this.http.address;
    this.#kubeconfig = this.http.kubeconfig();
    for (const [resource, object] of world()) this.server.seed(resource, object);
    return this;
  }

  async stop(): Promise<void> {
    this.server.closeWatches();
    await this.http.stop();
  }

  /** Runs `homeostat <argv>` as alice; the address of the server is shown as `https://cluster`. */
  async run(argv: string, surroundings: Partial<Surroundings> = {}): Promise<Ran> {
    let [out, error] = ['', ''];
    const [first = '', ...rest] = words(argv);
    const kubeconfig = ['--kubeconfig', this.#kubeconfig];
    const line = first === '__complete' ? [first, ...kubeconfig, ...rest] : [...kubeconfig, first, ...rest];
    const code = await run(first === '' ? kubeconfig : line, {
      env: {},
      clock: { ...systemClock, now: () => this.clock.now() },
      print: (text) => (out += text),
      tell: (text) => (error += text),
      columns: undefined,
      program: 'homeostat',
      version: '1.2.3',
      ...surroundings,
    });
    const shown = (text: string): string => text.replaceAll(this.#address, 'https://cluster');
    return { code, out: shown(out), error: shown(error) };
  }
}

/** As a shell splits: at spaces, but not within double quotes. */
const words = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
