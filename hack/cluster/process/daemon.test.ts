import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ClusterError } from '../failure.ts';
import { start, stop, untilReady, type Daemon } from './daemon.ts';
import { isAlive } from './identity.ts';

describe('background program', () => {
  let directory = '';
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'daemon-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  const shell = (script: string): Daemon => ({
    name: 'thing',
    command: 'sh',
    args: ['-c', script],
    log: join(directory, 'log'),
  });
  const failure = async (work: Promise<unknown>): Promise<ClusterError> => {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error instanceof ClusterError) return error;
    throw new Error('expected a ClusterError');
  };

  it('runs until it is stopped, and keeps the log of the run before', async () => {
    const before = shell('echo first; exec sleep 60');
    const first = start(before);
    await untilReady(before, first, async () => readFileSync(before.log, 'utf8') === 'first\n', 60_000);
    await stop(first);
    const daemon = shell('echo second; exec sleep 60');
    const identity = start(daemon);
    await untilReady(daemon, identity, async () => readFileSync(daemon.log, 'utf8') === 'second\n', 60_000);
    expect(isAlive(identity)).to.equal(true);
    await stop(identity);
    expect(isAlive(identity)).to.equal(false);
    expect(readFileSync(`${daemon.log}.1`, 'utf8')).to.equal('first\n');
  });

  it('is killed when it does not end when asked', async () => {
    const daemon = shell(`trap '' TERM; echo up; while :; do sleep 0.05; done`);
    const identity = start(daemon);
    await untilReady(daemon, identity, async () => readFileSync(daemon.log, 'utf8') === 'up\n', 60_000);
    await stop(identity, 'SIGTERM', 100);
    expect(isAlive(identity)).to.equal(false);
  });

  it('that ends at once fails with the lines of its log that explain it', async () => {
    const daemon = shell('echo starting; echo "listen tcp :80: bind: address already in use" >&2; exit 3');
    const error = await failure(untilReady(daemon, start(daemon), async () => false, 2000));
    expect(error.message).to.match(/^thing ended at once; its log is /);
    expect(error.details).to.deep.equal(['listen tcp :80: bind: address already in use']);
  });

  it('that never gets ready fails after its time', async () => {
    const daemon = shell('exec sleep 60');
    const identity = start(daemon);
    const error = await failure(untilReady(daemon, identity, async () => false, 100));
    expect(error.message).to.match(/^thing was not ready after 0.1 s/);
    await stop(identity, 'SIGKILL');
  });

  it('that does not exist fails', () => {
    expect(() => start({ ...shell(''), command: '/nonexistent' })).to.throw(ClusterError, /^thing did not start/);
  });
});
