import type { MetricName } from '../../engine/metrics.ts';
import { systemClock, type Clock } from '../../wire/clock.ts';
import type { Source, Urge, Write } from './source.ts';
import { tlsProbe, type Probe } from './tls-probe.ts';

export interface KubeletProbeOptions {
  readonly host: string;
  readonly port: number;
  /** A probe begins every so often, also while others wait. Default 500. */
  readonly everyMs?: number;
  /** Default 1000. */
  readonly timeoutMs?: number;
  readonly probe?: Probe;
  /** Milliseconds that the kubelet's threads have waited for a CPU so far; asked for only while it is late. */
  readonly waitedMs?: () => number | undefined;
}

/** A timer that rings so much too late says that this process was not running. */
const standstillMs = 250;
/** Of the later half of a probe's time: a kubelet that hangs is in line for a CPU for none of it. */
const inLineShare = 0.2;
/** Probes at once; those of a kubelet that hangs are three. */
const mostUnderWay = 4;
/** A kubelet that is kept from answering for so long counts as one that does not answer. */
const patienceMs = 20_000;

/**
 * Whether the kubelet answers: a connection to its port and a TLS handshake, which a stopped kubelet does not finish
 * although the kernel still takes the connection. Tells how many probes failed one after the other, and each change of
 * that at once. Nothing is known before the first answer or time-out, and nothing is learnt from a probe that could not
 * be sent, in whose time this process itself stood still, or in whose time the kubelet stood in line for a CPU: then the
 * node is short of CPU, and the kubelet is late.
 */
export class KubeletProbe implements Source {
  readonly name = 'kubelet-probe';
  readonly metrics = ['k8s.node.kubelet.probe.failures'] as const satisfies readonly MetricName[];
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #timeoutMs: number;
  readonly #probe: Probe;
  readonly #waitedMs: () => number | undefined;
  readonly #aborts = new Set<() => void>();
  #failures = Number.NaN;
  #started = 0;
  /** The latest probe that succeeded: failures of earlier ones are old news. */
  #succeeded = 0;
  /** When a probe last succeeded, or when there was none to begin with. */
  #heardMs: number;
  #cancel: () => void = () => {};

  constructor(options: KubeletProbeOptions, clock: Clock = systemClock) {
    this.#clock = clock;
    this.#everyMs = options.everyMs ?? 500;
    this.#timeoutMs = options.timeoutMs ?? 1000;
    this.#probe = options.probe ?? tlsProbe(options.host, options.port);
    this.#waitedMs = options.waitedMs ?? (() => undefined);
    this.#heardMs = clock.monotonic();
  }

  read(write: Write): void {
    write(0, 0, this.#failures);
  }

  start(urge: Urge): void {
    const again = (): void => {
      this.#cancel = this.#clock.after(this.#everyMs, again);
      this.#begin(urge);
    };
    again();
  }

  stop(): void {
    this.#cancel();
    for (const abort of this.#aborts) abort();
  }

  #begin(urge: Urge): void {
    // A kubelet that is short of CPU is not helped by having more to do.
    if (this.#aborts.size >= mostUnderWay) return;
    const number = ++this.#started;
    let settled = false;
    let cancelTimer = (): void => {};
    const end = (): void => {
      settled = true;
      cancelTimer();
      this.#aborts.delete(stop);
    };
    const settle = (ok: boolean | undefined): void => {
      if (settled) return;
      end();
      if (ok !== undefined) this.#settle(number, ok, urge);
    };
    const stop = (): void => {
      end();
      abort();
    };
    const wait = (ms: number, then: () => void): void => {
      const dueMs = this.#clock.monotonic() + ms;
      cancelTimer = this.#clock.after(ms, () => {
        // Timers ring before sockets are read: after a standstill of ours the answer may have been there for long.
        if (this.#clock.monotonic() - dueMs > standstillMs) stop();
        else then();
      });
    };
    const look = (forMs: number): void => {
      const late: Late = { atMs: this.#clock.monotonic(), waitedMs: this.#waitedMs() };
      wait(forMs, () => {
        // Its answer may still come, and is one.
        if (this.#isInLine(late)) return look(this.#timeoutMs);
        abort();
        settle(false);
      });
    };
    wait(this.#timeoutMs / 2, () => look(this.#timeoutMs / 2));
    this.#aborts.add(stop);
    const abort = this.#probe(settle);
  }

  /** Whether the kubelet has waited for a CPU since then, and not for too long yet. */
  #isInLine(late: Late): boolean {
    const nowMs = this.#clock.monotonic();
    const waitedMs = this.#waitedMs();
    if (late.waitedMs === undefined || waitedMs === undefined || nowMs - this.#heardMs > patienceMs) return false;
    return waitedMs - late.waitedMs >= inLineShare * (nowMs - late.atMs);
  }

  #settle(number: number, ok: boolean, urge: Urge): void {
    if (number < this.#succeeded) return;
    if (ok) {
      this.#succeeded = number;
      this.#heardMs = this.#clock.monotonic();
    }
    const before = this.#failures;
    this.#failures = ok ? 0 : (Number.isNaN(before) ? 0 : before) + 1;
    if (this.#failures !== before) urge([{ metric: 0, object: 0, value: this.#failures }]);
  }
}

/** A look at a kubelet that has not answered by the half of a probe's time. */
interface Late {
  readonly atMs: number;
  readonly waitedMs: number | undefined;
}
