import { expect } from 'chai';
import { complete } from '../crds/validate.ts';
import { admissionProblem } from './admission-check.ts';
import { ApiError } from './kube/api.ts';
import { ApiServer } from './testing/api-server.ts';
import { FakeClock } from './testing/fake-clock.ts';

describe('whether admission policies know the operator', () => {
  const denied =
    "incidents.homeostat.dev \"x\" is forbidden: ValidatingAdmissionPolicy 'homeostat-incident-wishes' with binding 'homeostat-incident-wishes' denied request: an Incident is made by the operator only, from a verdict: you are system:admin";
  const asked = async (error?: ApiError): Promise<string | undefined> => {
    const server = new ApiServer({
      clock: new FakeClock(),
      validate: (_resource, object) => expect(complete('Incident', object).problems).to.deep.equal([]),
    });
    if (error !== undefined) server.faults = () => ({ kind: 'error', error });
    const said = await admissionProblem(server, 'root');
    expect(server.writes).to.deep.equal([]);
    return said;
  };

  it('is so when the write that is tried would be stored, and nothing is', async () => {
    expect(await asked()).to.equal(undefined);
  });

  it('is not when one refuses it, and what to do is said', async () => {
    const said = await asked(new ApiError(denied, { status: 422, reason: 'Invalid' }));
    expect(said)
      .to.include('you are system:admin')
      .and.to.match(/; name the account in admission.operators/);
  });

  it('is not asked of who refuses for another reason', async () => {
    expect(await asked(new ApiError('no such kind', { status: 404, reason: 'NotFound' }))).to.equal(undefined);
    expect(await asked(new ApiError('spec.x: Required value', { status: 422, reason: 'Invalid' }))).to.equal(undefined);
  });

  it('is not known when there is no answer', async () => {
    const late = new ApiError('no answer', { status: 0, reason: 'Timeout' });
    expect(await asked(late).catch((error: unknown) => error)).to.equal(late);
  });
});
