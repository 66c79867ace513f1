import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { issue } from './certificate.ts';

const notBefore = new Date('2026-01-01T00:00:00Z');
const notAfter = new Date('2060-01-01T00:00:00Z');

describe('issue', () => {
  const authority = issue({ subject: { commonName: 'test-ca' }, notBefore, notAfter });

  it('makes an authority that verifies itself', () => {
    const certificate = new X509Certificate(authority.certificatePem);
    expect(certificate.ca).to.equal(true);
    expect(certificate.subject).to.equal('CN=test-ca');
    expect(certificate.verify(certificate.publicKey)).to.equal(true);
  });

  it('makes a leaf with subject, names, validity and key', () => {
    const leaf = issue({
      subject: { commonName: 'system:node:node1', organization: 'system:nodes' },
      names: ['node1', '172.30.0.11'],
      issuer: authority,
      notBefore,
      notAfter,
    });
    const certificate = new X509Certificate(leaf.certificatePem);
    expect(certificate.ca).to.equal(false);
    expect(certificate.subject).to.equal('O=system:nodes\nCN=system:node:node1');
    expect(certificate.issuer).to.equal('CN=test-ca');
    expect(certificate.subjectAltName).to.equal('DNS:node1, IP Address:172.30.0.11');
    expect(certificate.validFromDate).to.deep.equal(notBefore);
    expect(certificate.validToDate).to.deep.equal(notAfter);
    expect(certificate.keyUsage).to.deep.equal(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    expect(certificate.checkIP('172.30.0.11')).to.equal('172.30.0.11');
    expect(certificate.checkPrivateKey(leaf.key)).to.equal(true);
    const ca = new X509Certificate(authority.certificatePem);
    expect(certificate.verify(ca.publicKey)).to.equal(true);
    expect(certificate.checkIssued(ca)).to.equal(true);
  });

  it('gives every certificate a serial number of its own', () => {
    const serials = Array.from(
      { length: 20 },
      () =>
        new X509Certificate(
          issue({ subject: { commonName: 'a' }, issuer: authority, notBefore, notAfter }).certificatePem,
        ).serialNumber,
    );
    expect(new Set(serials).size).to.equal(20);
  });
});
