import type { RemediationPlan as PlanObject } from '../../../crds/remediation-plan.ts';
import type { Remediation as Attempt, StepStatus } from '../../../crds/remediation.ts';
import { Remediation, RemediationPlan } from '../../kube/resources.ts';
import type { Declare } from '../command.ts';
import { exitCodes, Failure, type ExitCode } from '../exit.ts';
import { read, readAny, referenceOf, type Reference } from '../find.ts';
import { foresee } from '../foresee.ts';
import { typed } from '../output.ts';
import { stepDiff } from '../render/changes.ts';
import { hasEnded } from '../render/standing.ts';
import type { Session } from '../session.ts';
import { subjectKinds, targetOf } from '../subject.ts';

interface Options {
  readonly for?: string;
  readonly container?: string;
  readonly exitCode?: boolean;
}

/** `diff`: what a Remediation changed or would change, or what a plan would do to something. */
export const diff: Declare = (program, act) => {
  program
    .command('diff')
    .description(
      'what a Remediation has changed or would change, or (with --for) what a plan would change; nothing is written',
    )
    .argument('<kind-or-name>', 'remediation, plan; or kind/name; or the name of a Remediation')
    .argument('[name]', 'which')
    .option('--for <kind/name>', 'with a plan: the pod, node or workload that it would be for')
    .option('--container <name>', 'with a plan for a pod: the container')
    .option('--exit-code', `exit with ${exitCodes.found} when something is or would be changed`)
    .addHelpText(
      'after',
      `\nExamples:\n  ${program.name()} diff restart-leaky-9a2c -n shop\n  ${program.name()} diff plan restart-leaky --for pod/cart-7f9c -n shop\n`,
    )
    .action((first: string, second: string | undefined, options: Options) =>
      act((session) => run(session, second === undefined ? [first] : [first, second], options)),
    );
};

async function run(session: Session, words: readonly string[], options: Options): Promise<ExitCode> {
  const kinds = [Remediation, RemediationPlan];
  const named = referenceOf(words, kinds);
  const reference =
    typeof named === 'string' ? { resource: (await readAny(session, named, kinds)).resource, name: named } : named;
  const isPlan = reference.resource === RemediationPlan;
  if (!isPlan && options.for !== undefined) {
    throw new Failure(exitCodes.usage, '--for goes with a plan: a Remediation has its target');
  }
  const { steps, object, isForeseen } = isPlan
    ? await ofPlan(session, reference, options)
    : await ofRemediation(session, reference);
  session.show({
    lines: (view) => steps.flatMap((step) => stepDiff(step, view)),
    objects: typed(reference.resource, [object]),
    single: true,
    ...(isForeseen ? { document: { steps } } : {}),
  });
  const differs = steps.some(({ changes = [] }) => changes.length > 0);
  return options.exitCode && differs ? exitCodes.found : exitCodes.fine;
}

interface Found {
  readonly steps: readonly StepStatus[];
  readonly object: Attempt | PlanObject;
  /** The steps stand nowhere: they are as things are now. */
  readonly isForeseen: boolean;
}

/** As it is recorded; before it begins, as it would be now. */
async function ofRemediation(session: Session, reference: Reference): Promise<Found> {
  const object = await read<Attempt>(session, reference);
  const { spec, status, metadata } = object;
  const isRecorded = hasEnded(object) || status?.startedTime !== undefined;
  const steps = isRecorded
    ? (status?.steps ?? [])
    : await foresee(session, spec.steps, spec.target, metadata, spec.serviceAccountName);
  return { steps, object, isForeseen: !isRecorded };
}

async function ofPlan(session: Session, reference: Reference, options: Options): Promise<Found> {
  if (options.for === undefined) {
    throw new Failure(
      exitCodes.usage,
      'a plan changes nothing by itself: say for what it would be, as in --for pod/cart-7f9c',
    );
  }
  const subject = referenceOf([options.for], subjectKinds);
  if (typeof subject === 'string')
    throw new Failure(exitCodes.usage, `"${subject}" has no kind: give pod/${subject}, node/${subject} or the like`);
  const [object, about] = [await read<PlanObject>(session, reference), await read(session, subject)];
  const target = await targetOf(session, subject, about, options.container);
  const { steps, serviceAccountName } = object.spec;
  return {
    steps: await foresee(session, steps, target, object.metadata, serviceAccountName),
    object,
    isForeseen: true,
  };
}
