import { expect } from 'chai';
import { Terminal } from '../testing/terminal.ts';

describe('homeostat record', () => {
  let terminal: Terminal;
  beforeEach(async () => {
    terminal = await new Terminal().start();
  });
  afterEach(() => terminal.stop());

  it('says how to reach a NATS server that is not there, and shows no password', async () => {
    const { code, error } = await terminal.run('record /nowhere/w.hrec --nats-url nats://me:secret@127.0.0.1:1');
    expect(code).to.equal(1);
    expect(error).to.match(/^error: no connection to NATS at nats:\/\/127\.0\.0\.1:1: .*HOMEOSTAT_NATS_URL/);
    expect(error).not.to.include('secret');
  });

  it('refuses a time that is none', async () => {
    const { code, error } = await terminal.run('record /nowhere/w.hrec --since yesterday');
    expect([code, error]).to.deep.equal([2, 'error: "yesterday" is not a time: give one such as 90s, 5m, 1h or 7d\n']);
  });
});
