import { expect } from 'chai';
import { conditionProblem, holds } from './condition.ts';

describe('verify.condition', () => {
  const wrong: [source: string, says: string][] = [
    ['target.spec.replicas =', 'is not valid CEL'],
    ['pod.status.phase == "Running"', 'must not speak of pod: there are target, workload'],
    ['target.spec.containers.all(c, d.ready)', 'must not speak of d'],
  ];
  for (const [source, says] of wrong) it(`refuses ${source}`, () => expect(conditionProblem(source)).to.include(says));

  const workload = {
    spec: { replicas: 3 },
    status: { readyReplicas: 3, load: 0.5, conditions: [{ type: 'Available', status: 'True' }], paused: null },
  };
  const table: [source: string, is: string, says?: string][] = [
    ['target.status.readyReplicas == target.spec.replicas', 'True'],
    ['target.status.readyReplicas > 3', 'False'],
    ['target.status.load < 0.75', 'True'],
    ['target.status.conditions.exists(c, c.type == "Available" && c.status == "True")', 'True'],
    ['target.status.paused == null', 'True'],
    ['!has(target.status.unavailableReplicas)', 'True'],
    ['target.status.unavailableReplicas == 0', 'Absent', 'unavailableReplicas'],
    ['workload.status.readyReplicas == 3', 'Absent', 'status'],
    ['target.status.readyReplicas', 'Error', 'a number, not true or false'],
    ['target.spec.replicas.all(r, r)', 'Error'],
    ['target.spec.replicas == ', 'Error', 'not valid CEL'],
  ];
  for (const [source, is, says = ''] of table)
    it(`${source}: ${is}`, () => {
      const held = holds(source, { target: workload, workload: undefined });
      expect(held.is).to.equal(is);
      expect('message' in held ? held.message : '').to.include(says);
    });
});
