import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { VERSIONS } from './versions.ts';

describe('versions.json', () => {
  const module = readFileSync(join(import.meta.dirname, 'go', 'go.mod'), 'utf8');
  const tools = [...module.matchAll(/^\t(\S+)$/gm)].map(([, path]) => path);

  for (const [name, { version, build = {}, download, debian, programs }] of Object.entries(VERSIONS.components)) {
    it(`gives every program of ${name} a source`, () => {
      expect(debian === undefined ? Object.keys(build) : programs).to.have.members([...programs]);
    });

    for (const goPackage of new Set(Object.values(build).filter((path) => !path.startsWith('./')))) {
      it(`has ${goPackage} among the tools of the Go module, in version ${version ?? ''}`, () => {
        expect(tools).to.include(goPackage);
        const required = [...module.matchAll(/^\t(\S+) v(\S+) \/\/ indirect$/gm)].find(([, path = '']) =>
          `${goPackage}/`.startsWith(`${path}/`),
        );
        expect(required?.[2]).to.equal(version);
      });
    }

    for (const [architecture, digest] of Object.entries(download?.digests ?? {})) {
      it(`pins ${name} for ${architecture} with a whole checksum`, () => {
        expect(digest).to.match(/^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/);
      });
    }
  }

  it('has the Kubernetes of the Go module', () => {
    expect(module).to.contain(`k8s.io/kubernetes v${VERSIONS.components['kubernetes']?.version ?? ''}`);
  });
});
