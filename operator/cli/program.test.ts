import { expect } from 'chai';
import { Incident } from '../kube/resources.ts';
import { expectGolden } from './testing/golden.ts';
import { Terminal, type Ran } from './testing/terminal.ts';

describe('homeostat, the program', () => {
  let terminal: Terminal;
  beforeEach(async () => {
    terminal = await new Terminal().start();
  });
  afterEach(() => terminal.stop());

  const unknownKind = (): void => {
    terminal.http.answer = (response) => {
      response.writeHead(404, { 'Content-Type': 'text/plain' });
      response.end('404 page not found\n');
    };
  };
  const answers = (code: number, message: string) => (): void => {
    terminal.http.answer = (response) => {
      response.writeHead(code, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ kind: 'Status', code, message }));
    };
  };

  const failing: [what: string, argv: string, code: number, says: string, arrange?: () => void | Promise<void>][] = [
    ['no command', '', 2, 'Usage: homeostat [options] [command]'],
    ['an unknown command', 'statsu', 2, "unknown command 'statsu'"],
    ['an unknown option', 'status --loud', 2, "unknown option '--loud'"],
    ['an unknown format', 'status -o xml', 2, 'Allowed choices are wide, json, yaml, name'],
    ['a group of nobody', 'status --as-group ops', 2, '--as-group says of whom --as names; add --as USER'],
    ['an unknown context', 'status --context nowhere', 4, 'has no context "nowhere" (it has: test)'],
    ['no such kubeconfig', 'status --kubeconfig /nowhere/config', 4, 'cannot read the kubeconfig /nowhere/config'],
    [
      'a cluster that is not there',
      'status',
      4,
      'does not answer',
      () => void (terminal.http.answer = (response) => response.destroy()),
    ],
    ['a cluster without our kinds', 'status', 5, 'Homeostat is not installed there', unknownKind],
    ['unknown credentials', 'status', 6, 'does not know you: Unauthorized', answers(401, 'Unauthorized')],
    ['a server in trouble', 'status', 1, 'answers 500 InternalError: etcd is away', answers(500, 'etcd is away')],
    [
      'what is not allowed: the verb is named',
      'status',
      6,
      'User "alice" cannot list resource "incidents"',
      () => {
        terminal.server.authorize = ({ resource }) => resource.kind !== 'Incident';
      },
    ],
    [
      'what somebody else is not allowed',
      'status --as bob',
      6,
      'User "bob" cannot list resource "incidents" in API group "homeostat.dev" (you must be allowed to impersonate bob',
      () => {
        terminal.server.authorize = ({ resource, user }) => resource.kind !== 'Incident' || user !== 'bob';
      },
    ],
  ];
  for (const [what, argv, code, says, arrange] of failing) {
    it(`answers ${what} with ${code}`, async () => {
      await arrange?.();
      const ran: Ran = await terminal.run(argv);
      expect(ran.error).to.include(says);
      expect([ran.code, ran.out]).to.deep.equal([code, '']);
    });
  }

  it('says where the arguments of a command are explained', async () => {
    const { error } = await terminal.run('history deploy/cart', { program: 'kubectl homeostat' });
    expect(error).to.include('(kubectl homeostat history --help says what it takes)');
  });

  it('asks as somebody else with --as', async () => {
    await terminal.run('status --as bob');
    expect(terminal.http.seen.map(({ headers }) => headers['impersonate-user'])).to.include('bob');
  });

  it('asks as a member of groups with --as-group, and says so when that is not allowed', async () => {
    terminal.server.authorize = ({ resource, user }) => resource.kind !== 'Incident' || user !== 'bob';
    const { error } = await terminal.run('status --as bob --as-group ops --as-group "on call"');
    // Node.js joins the headers of one name that it receives; what is sent is seen in http-api.test.ts.
    expect(terminal.http.seen.map(({ headers }) => headers['impersonate-group'])).to.include('ops, on call');
    expect(error).to.include('you must be allowed to impersonate bob with groups ops, on call, who must');
  });

  it('reads lists of any length page by page', async () => {
    const [one] = terminal.server.all(Incident);
    for (let i = 0; i < 600; i++)
      terminal.server.seed(Incident, { ...one, metadata: { name: `more-${i}`, namespace: 'shop' } });
    const { out } = await terminal.run('status -n shop -o name');
    expect(out.match(/^incident/gm)).to.have.lengthOf(601);
  });

  it('prints its version and its help', async () => {
    expect((await terminal.run('--version')).out).to.equal('1.2.3\n');
    const { code, out } = await terminal.run('--help', { program: 'kubectl homeostat' });
    expect(code).to.equal(0);
    expectGolden('help', out);
  });
});
