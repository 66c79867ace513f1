import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { network } from '../network.ts';
import { writePki } from './files.ts';

describe('files of a cluster', () => {
  const now = new Date('2026-06-01T00:00:00Z');
  const endpoints = { local: 'https://127.0.0.1:6443', fromNodes: 'https://172.30.0.1:6443' };
  let directory = '';
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'pki-'));
    writePki(directory, network(0), endpoints, now);
  });
  after(() => rmSync(directory, { recursive: true }));

  const read = (file: string): string => readFileSync(join(directory, file), 'utf8');
  const certificate = (name: string): X509Certificate => new X509Certificate(read(`${name}.crt`));

  it('let the API server be reached by all its names', () => {
    expect(certificate('apiserver').checkHost('kubernetes.default.svc')).to.equal('kubernetes.default.svc');
    for (const address of ['127.0.0.1', '172.30.0.1', '10.96.0.1']) {
      expect(certificate('apiserver').checkIP(address)).to.equal(address);
    }
  });

  it('give every node the identity that the Node authorizer expects', () => {
    expect(certificate('node9').subject).to.equal('O=system:nodes\nCN=system:node:node9');
    expect(certificate('node9').checkIP('172.30.0.19')).to.equal('172.30.0.19');
  });

  it('are signed by their authorities', () => {
    expect(certificate('admin').verify(certificate('ca').publicKey)).to.equal(true);
    expect(certificate('front-proxy').verify(certificate('front-proxy-ca').publicKey)).to.equal(true);
  });

  it('keep keys from others', () => {
    for (const file of ['admin.key', 'ca.key', 'sa.key', 'admin.conf']) {
      expect(statSync(join(directory, file)).mode & 0o077, file).to.equal(0);
    }
  });

  it('have kubeconfigs with the address of their side', () => {
    const server = (file: string): unknown =>
      (parse(read(file)) as { clusters: { cluster: { server: string } }[] }).clusters[0]?.cluster.server;
    expect(server('admin.conf')).to.equal(endpoints.local);
    expect(server('node1.conf')).to.equal(endpoints.fromNodes);
  });

  it('are kept, but issued anew where names changed or time runs out', () => {
    const [ca, admin, apiserver, key] = ['ca.crt', 'admin.crt', 'apiserver.crt', 'sa.pub'].map(read);
    writePki(directory, network(0), endpoints, now);
    expect(['ca.crt', 'admin.crt', 'apiserver.crt', 'sa.pub'].map(read)).to.deep.equal([ca, admin, apiserver, key]);
    writePki(directory, network(1), endpoints, now);
    expect(read('admin.crt')).to.equal(admin);
    expect(read('apiserver.crt')).not.to.equal(apiserver);
    expect(certificate('apiserver').checkIP('172.30.1.1')).to.equal('172.30.1.1');
    writePki(directory, network(1), endpoints, new Date('2036-05-20T00:00:00Z'));
    expect(read('admin.crt')).not.to.equal(admin);
  });
});
