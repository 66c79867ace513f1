import { globSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { importsOf, problemOf, rooms } from './rules.ts';

describe('import rules', () => {
  it('hold in every file', () => {
    const files = new Set(globSync(rooms.map((room) => `${room.path}/**/*.ts`)));
    expect(files.size).to.be.greaterThan(5);
    const problems = [...files].flatMap((file) => importsOf(file, readFileSync(file, 'utf8')).map(problemOf));
    expect(problems.filter((problem) => problem !== undefined)).to.deep.equal([]);
  });

  const broken: [file: string, source: string, names: string][] = [
    ['engine/windows/mean.ts', "import { readFileSync } from 'node:fs';", 'node:fs'],
    ['engine/windows/mean.ts', "import type { KubeApi } from '../../operator/kube/api.ts';", 'operator/kube/api.ts'],
    ['crds/incident.ts', "import { connect } from '@nats-io/transport-node';", '@nats-io/transport-node'],
    ['agents/main.ts', "import { KubeConfig } from '@kubernetes/client-node';", '@kubernetes/client-node'],
    ['agents/main.ts', "export { connect } from '../operator/kube/http-api.ts';", 'operator/kube/http-api.ts'],
    ['operator/decide/guards.ts', "import { hasReason } from '../kube/api.ts';", 'operator/kube/api.ts'],
    ['operator/decide/guards.ts', "import {\n  Counter,\n} from 'prom-client';", 'prom-client'],
    ['operator/actions/scale.ts', "import { guards } from '../decide/guards.ts';", 'operator/decide/guards.ts'],
    ['operator/actions/scale.ts', "const client = await import('@kubernetes/client-node');", '@kubernetes/client-node'],
    ['operator/kube/queue.ts', "import { step } from '../decide/remediation.ts';", 'operator/decide/remediation.ts'],
    ['operator/cli/wishes.ts', "import { loadKubeConfig } from '@kubernetes/client-node';", '@kubernetes/client-node'],
    ['operator/cli/commands/why.ts', "import { Records } from '../../controllers/records.ts';", 'operator/controllers'],
    ['elsewhere/a.ts', "import '../engine/metrics.ts';", 'no room'],
  ];
  for (const [file, source, names] of broken)
    it(`refuses ${file}: ${source.replaceAll('\n', ' ')}`, () => {
      const problems = importsOf(file, source).map(problemOf);
      expect(problems).to.have.length(1);
      expect(problems[0]).to.include(names);
    });

  it('lets the pure rooms name the types of the API', () => {
    const found = importsOf('operator/decide/guards.ts', "import type { KubeObject } from '../kube/api.ts';");
    expect(found.map(problemOf)).to.deep.equal([undefined]);
  });
});
