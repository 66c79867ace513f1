import { expect } from 'chai';
import { Registry } from 'prom-client';
import { conflict, tooManyRequests } from '../testing/api-errors.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { type ControllerOptions, runController, TerminalError } from './controller.ts';
import type { Logger } from './logger.ts';
import { Remediation } from './resources.ts';

function setUp(reconcile: ControllerOptions['reconcile'], options: Partial<ControllerOptions> = {}) {
  const clock = new FakeClock(0);
  const registry = new Registry();
  const logged: string[] = [];
  const log = (level: string) => (message: string) => void logged.push(`${level} ${message}`);
  const logger: Logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
  const at: number[] = [];
  const counted: ControllerOptions['reconcile'] = (key) => {
    at.push(clock.now());
    return reconcile(key);
  };
  const all = { name: 'remediation', reconcile: counted, clock, random: () => 0, logger, registry, ...options };
  return { clock, registry, logged, at, all, controller: runController(all) };
}

describe('runController', () => {
  it('looks again when the reconcile wishes, and not otherwise', async () => {
    let left = 2;
    const { clock, at, controller } = setUp(async () => (left-- > 0 ? { requeueAfterMs: 1000 } : undefined));
    controller.add('a');
    await clock.advance(60_000);
    expect(at).to.deep.equal([0, 1000, 2000]);
  });

  it('retries an error with back-off and says so, a first conflict quietly', async () => {
    const errors = [conflict(Remediation, 'a'), new Error('no')];
    const { clock, at, logged, controller } = setUp(async () => {
      const error = errors.shift();
      if (error !== undefined) throw error;
    });
    controller.add('a');
    await clock.advance(60_000);
    expect(at).to.deep.equal([0, 5, 15]);
    expect(logged).to.deep.equal(['debug reconcile met a newer version', 'error reconcile failed']);
  });

  it('obeys a server that says how long to wait', async () => {
    let left = 1;
    const { clock, at, controller } = setUp(async () => {
      if (left-- > 0) throw tooManyRequests(7);
    });
    controller.add('a');
    await clock.advance(60_000);
    expect(at).to.deep.equal([0, 7000]);
  });

  it('does not retry a TerminalError, but hands it over', async () => {
    const told: string[] = [];
    const { clock, at, controller } = setUp(() => Promise.reject(new TerminalError('spec.steps[0] is wrong')), {
      onTerminal: async (key, error) => void told.push(`${key}: ${error.message}`),
    });
    controller.add('a');
    await clock.advance(60_000);
    expect([at, told]).to.deep.equal([[0], ['a: spec.steps[0] is wrong']]);
    controller.add('a');
    await clock.advance(0);
    expect(at).to.have.length(2);
  });

  it('retries when the TerminalError cannot be handed over', async () => {
    let left = 1;
    const { clock, at, controller } = setUp(() => Promise.reject(new TerminalError('no')), {
      onTerminal: async () => {
        if (left-- > 0) throw conflict(Remediation, 'a');
      },
    });
    controller.add('a');
    await clock.advance(60_000);
    expect(at).to.deep.equal([0, 5]);
  });

  it('counts by controller and result, every value from 0, several controllers in one registry', async () => {
    const { clock, registry, controller, all } = setUp(async () => {});
    runController({ ...all, name: 'incident' });
    controller.add('a');
    await clock.advance(0);
    const text = await registry.metrics();
    for (const line of [
      'homeostat_reconcile_total{controller="remediation",result="success"} 1',
      'homeostat_reconcile_total{controller="remediation",result="error"} 0',
      'homeostat_reconcile_total{controller="incident",result="terminal"} 0',
      'homeostat_reconcile_queue_depth{controller="incident"} 0',
      'homeostat_reconcile_duration_seconds_count{controller="remediation"} 1',
    ]) {
      expect(text.split('\n')).to.include(line);
    }
  });

  it('stops in order: what runs ends, what waits does not start', async () => {
    const gate = Promise.withResolvers<void>();
    const { clock, at, controller } = setUp(() => gate.promise, { workers: 1 });
    controller.add('a');
    controller.add('b');
    controller.addAfter('c', 10);
    expect(controller.depth).to.equal(1);
    const stopping = controller.stop();
    gate.resolve();
    await stopping;
    await clock.advance(1000);
    expect(at).to.deep.equal([0]);
  });
});
