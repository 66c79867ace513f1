/** One run of the program: which cluster, which namespace, as whom, and where to say what. */
import type { KubeApi, KubeObject, ListOptions, Resource } from '../kube/api.ts';
import { SelfSubjectReview } from '../kube/resources.ts';
import type { Clock } from '../kube/clock.ts';
import { exitCodes, Failure } from './exit.ts';
import { format, type Output, type Report } from './output.ts';
import type { View } from './render/view.ts';

/** Everything a command works with. */
export interface SessionOptions {
  readonly api: KubeApi;
  /** Where the API server is, for messages. */
  readonly server: string;
  /** Whom `--as` names. */
  readonly as: string | undefined;
  readonly namespace: string;
  /** `-A`. */
  readonly everywhere: boolean;
  /** The operator's own namespace, whose guardrails and policies hold everywhere. */
  readonly rootNamespace: string;
  readonly output: Output | undefined;
  readonly view: Omit<View, 'nowMs'>;
  readonly clock: Clock;
  /** Writes to standard output. */
  readonly print: (text: string) => void;
  /** Says something beside the output, on standard error. */
  readonly tell: (text: string) => void;
  readonly version: string;
  /** How the program is called, for the commands it suggests. */
  readonly program: string;
  /** Closes the connections. */
  readonly close: () => void;
}

interface Review extends KubeObject {
  readonly status?: { readonly userInfo?: { readonly username?: string } };
}

export class Session {
  readonly options: SessionOptions;
  constructor(options: SessionOptions) {
    this.options = options;
  }

  get api(): KubeApi {
    return this.options.api;
  }

  get namespace(): string {
    return this.options.namespace;
  }

  /** The same in another namespace. */
  in(namespace: string): Session {
    return new Session({ ...this.options, namespace });
  }

  get view(): View {
    return { ...this.options.view, nowMs: this.options.clock.now() };
  }

  /** Prints what a command has found, as `-o` wants it. */
  show(report: Report): void {
    const text = format(report, this.options.output, this.view);
    if (text !== '') this.options.print(`${text}\n`);
  }

  /** Who the API server says one is: whatever is written as `by` is this. */
  async me(): Promise<string> {
    const { status } = await this.api.create<Review>(SelfSubjectReview, { metadata: { name: '' } });
    const username = status?.userInfo?.username;
    if (username === undefined || username === '') {
      throw new Failure(
        exitCodes.notAllowed,
        `${this.options.server} does not say who you are: a name is needed to write down who decided`,
      );
    }
    return username;
  }

  /** Every object of a kind, page by page; `namespace` undefined: of all namespaces. */
  async all<T extends KubeObject>(resource: Resource, options: ListOptions = {}): Promise<T[]> {
    const items: T[] = [];
    let token: string | undefined;
    do {
      const page = await this.api.list<T>(resource, { limit: 500, ...options, continue: token });
      items.push(...page.items);
      token = page.continue;
    } while (token !== undefined);
    return items;
  }
}
