import { expect } from 'chai';
import { anchorsName, printAnchor } from '../../audit/anchor.ts';
import { chain, ended } from '../../audit/fixtures.test.ts';
import { ConfigMap, Remediation } from '../../kube/resources.ts';
import { root } from '../testing/scene.ts';
import { Terminal } from '../testing/terminal.ts';

describe('homeostat audit verify', () => {
  let terminal: Terminal;
  beforeEach(async () => {
    terminal = await new Terminal().start();
    const [anchor, sealed] = chain(['a', 'b', 'c'].map((name) => ended(name, {}, 'bank')));
    for (const remediation of sealed) terminal.server.seed(Remediation, remediation);
    const anchors = { metadata: { name: anchorsName, namespace: root }, data: { bank: printAnchor(anchor) } };
    terminal.server.seed(ConfigMap, anchors);
  });
  afterEach(() => terminal.stop());

  it('says that a chain is intact, and its last hash', async () => {
    const { code, out } = await terminal.run('audit verify -n bank');
    expect(out).to.match(/^bank: intact; 3 links; hash [\da-f]{64}\n$/);
    expect(code).to.equal(0);
    const document = JSON.parse((await terminal.run('audit verify -n bank -o json')).out) as { chains: object[] };
    expect(document.chains).to.have.lengthOf(1);
  });

  it('says that nothing is sealed where nothing is', async () => {
    const { code, out } = await terminal.run('audit verify -n empty');
    expect([code, out]).to.deep.equal([0, 'nothing is sealed yet\n']);
  });

  it('names the first record that was changed, and fails', async () => {
    const body = { status: { startedTime: '2020-01-01T00:00:00Z' } };
    const name = { namespace: 'bank', name: 'b' };
    await terminal.server.patch(Remediation, name, { type: 'merge', body }, { subresource: 'status' });
    const { code, out } = await terminal.run('audit verify -A');
    expect(code).to.equal(1);
    expect(out).to.match(/^bank: BROKEN at link 2;/m);
    expect(out).to.include('link 2, bank/b: Changed: it is not what was sealed at its end');
    expect(out).to.match(/\nNEXT\n  kubectl get remediations.homeostat.dev b -n bank -o yaml --show-managed-fields/);
    expect((await terminal.run('audit verify -n bank -o name')).out).to.equal('remediation.homeostat.dev/b\n');
  });

  it('names a record that was removed', async () => {
    await terminal.server.delete(Remediation, { namespace: 'bank', name: 'b' });
    const { code, out } = await terminal.run('audit verify -n bank');
    expect(code).to.equal(1);
    expect(out).to.include('link 2, bank/b: Removed');
    expect(out).to.match(/\nNEXT\n  the audit log of the API server, for remediations.homeostat.dev bank\/b/);
  });

  it('reads again when a link was appended meanwhile', async () => {
    let appended = 0;
    terminal.server.faults = ({ verb, resource }) => {
      if (verb !== 'list' || resource.kind !== 'Remediation' || appended++ > 0) return undefined;
      const name = { namespace: root, name: anchorsName };
      void terminal.server.patch(ConfigMap, name, { type: 'merge', body: { metadata: { labels: { a: 'b' } } } });
      return undefined;
    };
    expect((await terminal.run('audit verify -n bank')).code).to.equal(0);
    expect(appended).to.equal(2);
  });

  it('says what one may not read', async () => {
    terminal.server.authorize = ({ resource }) => resource.kind !== 'ConfigMap';
    const { code, error } = await terminal.run('audit verify -n bank');
    expect(code).to.equal(6);
    expect(error).to.include('User "alice" cannot get resource "configmaps"');
  });
});
