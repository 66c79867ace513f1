import { once } from 'node:events';
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { expect } from 'chai';
import { issue } from '../../hack/cluster/pki/certificate.ts';
import { systemClock } from '../../wire/clock.ts';
import { FakeClock } from '../../wire/testing/fake-clock.ts';
import { KubeletProbe } from './kubelet-probe.ts';
import { isOwnShortage, tlsProbe, type Probe } from './tls-probe.ts';

/** A probe whose answers the test gives, in any order. */
const arrange = (waitedMs?: () => number | undefined) => {
  const clock = new FakeClock();
  const answers: ((ok: boolean | undefined) => void)[] = [];
  const aborted: number[] = [];
  const probe: Probe = (answer) => {
    const number = answers.push(answer) - 1;
    return () => aborted.push(number);
  };
  const source = new KubeletProbe({ host: 'h', port: 1, probe, ...(waitedMs !== undefined && { waitedMs }) }, clock);
  const told: number[] = [];
  source.start((cells) => told.push(...cells.map(({ value }) => value)));
  const value = (): number => {
    let found = Number.NaN;
    source.read((_, __, read) => {
      found = read;
    });
    return found;
  };
  return { clock, answers, aborted, source, told, value };
};

describe('KubeletProbe', () => {
  it('knows nothing before the first answer', () => expect(arrange().value()).to.be.NaN);

  it('learns nothing from a probe that could not be sent', async () => {
    const { clock, answers, told, value } = arrange();
    answers[0]?.(true);
    await clock.advance(500);
    answers[1]?.(undefined);
    // Past the time in which an answer would have been waited for.
    for (const _ of [0, 1]) {
      await clock.advance(500);
      answers.at(-1)?.(true);
    }
    await clock.advance(400);
    expect(value()).to.equal(0);
    expect(told).to.deep.equal([0]);
  });

  it('tells each change at once, and only changes', async () => {
    const { clock, answers, told, value } = arrange();
    answers[0]?.(true);
    await clock.advance(500);
    answers[1]?.(true);
    await clock.advance(500);
    answers[2]?.(false);
    await clock.advance(500);
    answers[3]?.(false);
    expect(value()).to.equal(2);
    await clock.advance(500);
    answers[4]?.(true);
    expect(told).to.deep.equal([0, 1, 2, 0]);
  });

  it('gives up after a second, while others are under way', async () => {
    const { clock, aborted, told } = arrange();
    await clock.advance(2600);
    expect(told).to.deep.equal([1, 2, 3, 4]); // begun at 0, 0.5, 1 and 1.5 s
    expect(aborted).to.deep.equal([0, 1, 2, 3]);
  });

  it('does not count a failure that began before a later success', async () => {
    const { clock, answers, told, value } = arrange();
    await clock.advance(600);
    answers[1]?.(true);
    await clock.advance(390);
    answers[0]?.(false);
    expect(value()).to.equal(0);
    expect(told).to.deep.equal([0]);
  });

  it('does not take its own standstill for silence', async () => {
    const { clock, answers, aborted, told } = arrange();
    answers[0]?.(true);
    await clock.advance(1400); // begun at 0.5 and 1 s
    clock.jump(3000);
    await clock.advance(100);
    expect(aborted).to.have.members([1, 2]);
    expect(told).to.deep.equal([0]);
    await clock.advance(2500);
    expect(told.slice(0, 4)).to.deep.equal([0, 1, 2, 3]);
  });

  describe('of a kubelet that stands in line for a CPU', () => {
    /** Its threads wait for this share of the time, all together. */
    const inLine = (share: number | undefined) => {
      let asked = 0;
      const arranged = arrange(() => {
        asked++;
        return share === undefined ? undefined : share * arranged.clock.monotonic();
      });
      return { ...arranged, asked: () => asked };
    };

    it('learns nothing, for twenty seconds at most', async () => {
      const { clock, answers, told, aborted } = inLine(0.9);
      answers[0]?.(true);
      await clock.advance(20_000);
      expect(told).to.deep.equal([0]);
      expect(aborted).to.deep.equal([]);
      expect(answers).to.have.length(5);
      await clock.advance(1600);
      expect(told.slice(0, 4)).to.deep.equal([0, 1, 2, 3]);
    });

    it('takes an answer that comes late for one', async () => {
      const { clock, answers, told } = inLine(0.9);
      answers[0]?.(true);
      await clock.advance(19_000);
      answers[1]?.(true);
      await clock.advance(19_000);
      expect(told).to.deep.equal([0]);
    });

    for (const [what, share] of [
      ['waits for none', 0],
      ['waits now and then', 0.05],
      ['cannot be looked at', undefined],
    ] as const)
      it(`counts when it ${what}`, async () => {
        const { clock, answers, told } = inLine(share);
        answers[0]?.(true);
        await clock.advance(2600);
        expect(told.slice(0, 4)).to.deep.equal([0, 1, 2, 3]);
      });

    it('does not look while it answers', async () => {
      const { clock, answers, asked } = inLine(0.9);
      for (let probe = 0; probe < 10; probe++) {
        await clock.advance(100);
        answers.at(-1)?.(true);
        await clock.advance(400);
      }
      expect(asked()).to.equal(0);
    });
  });

  it('ends what is under way when it stops', async () => {
    const { clock, aborted, source, told } = arrange();
    await clock.advance(700);
    source.stop();
    await clock.advance(5000);
    expect(aborted).to.deep.equal([0, 1]);
    expect(told).to.deep.equal([]);
  });
});

describe('TLS probe', () => {
  for (const [code, isOurs] of [
    ['EMFILE', true],
    ['EADDRNOTAVAIL', true],
    ['ECONNREFUSED', false],
    ['EHOSTUNREACH', false],
  ] as const)
    it(`takes ${code} for ${isOurs ? 'a shortage of our own' : 'the other side’s silence'}`, () => {
      expect(isOwnShortage(Object.assign(new Error(code), { code }))).to.equal(isOurs);
    });

  const servers: Server[] = [];
  const listen = async (server: Server): Promise<number> => {
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const ask = (port: number, withinMs = 20_000): Promise<boolean | 'silence' | undefined> =>
    new Promise((resolve) => {
      const giveUp = tlsProbe(
        '127.0.0.1',
        port,
      )((ok) => {
        cancel();
        resolve(ok);
      });
      const cancel = systemClock.after(withinMs, () => {
        giveUp();
        resolve('silence');
      });
    });
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  it('answers yes when somebody finishes the handshake', async () => {
    const { certificatePem: cert, keyPem: key } = issue({
      subject: { commonName: 'node' },
      notBefore: new Date(Date.now() - 60_000),
      notAfter: new Date(Date.now() + 60_000),
    });
    const port = await listen(createTlsServer({ cert, key }, (socket) => socket.on('error', () => {}).resume()));
    expect(await ask(port)).to.equal(true);
  });

  it('answers no when nobody listens', async () => {
    const port = await listen(createTcpServer());
    servers.pop()?.close();
    expect(await ask(port)).to.equal(false);
  });

  it('answers no to another protocol', async () => {
    const port = await listen(createTcpServer((socket) => socket.on('error', () => {}).end('220 smtp ready\r\n')));
    expect(await ask(port)).to.equal(false);
  });

  it('waits when the connection is taken and nothing follows', async () => {
    const port = await listen(createTcpServer((socket) => socket.on('error', () => {}).resume()));
    expect(await ask(port, 100)).to.equal('silence');
  });
});
