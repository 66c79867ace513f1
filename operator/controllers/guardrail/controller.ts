/** Says whether a guardrail is understood and whether it pauses; what it allows is asked anew before every step. */
import type { Guardrail, GuardrailStatus } from '../../../crds/guardrail.ts';
import { complete } from '../../../crds/validate.ts';
import type { Problem } from '../../../engine/evaluate/policy-spec.ts';
import { targetKinds } from '../../../engine/evaluate/target.ts';
import { isFinished } from '../../decide/budget.ts';
import { Draft } from '../../decide/draft.ts';
import { hasReason } from '../../kube/api.ts';
import { Guardrail as GuardrailResource } from '../../kube/resources.ts';
import { writeStatus } from '../../kube/status.ts';
import type { Context } from '../context.ts';
import { Examined } from '../examined.ts';
import type { Loads } from '../loads.ts';
import { reasonOf } from '../reasons.ts';
import { aboutObject } from '../references.ts';
import { scheduleProblems } from '../remediation-plan/problems.ts';
import { setStorm } from '../storm.ts';

export class GuardrailController {
  readonly #context: Context;

  readonly #loads: Pick<Loads, 'under' | 'kindsUnder'>;

  readonly #examined = new Examined(guardrailProblems);

  constructor(context: Context, loads: Pick<Loads, 'under' | 'kindsUnder'>) {
    this.#context = context;
    this.#loads = loads;
  }

  readonly reconcile = async (key: string): Promise<{ requeueAfterMs?: number } | void> => {
    const { api, kinds, clock, isLeader } = this.#context;
    const guardrail = kinds.guardrails.get(key);
    if (guardrail === undefined) this.#examined.forget(key);
    if (guardrail === undefined || !isLeader()) return;
    const draft = new Draft<GuardrailStatus>(guardrail.status ?? {}, clock.now());
    draft.status.observedGeneration = guardrail.metadata.generation ?? 0;
    draft.status.active = this.#active(guardrail);
    ready(draft, this.#examined.problemsOf(guardrail));
    const toggled = pause(draft, guardrail);
    const changesMs = this.#storms(draft, guardrail);
    const again = changesMs === undefined ? {} : { requeueAfterMs: Math.max(1, changesMs - clock.now()) };
    for (const condition of draft.status.conditions ?? [])
      condition.observedGeneration = draft.status.observedGeneration;
    if (!draft.changed) return again;
    try {
      kinds.guardrails.wrote(await writeStatus(api, GuardrailResource, guardrail, draft.status));
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
      kinds.guardrails.forget(key);
      return;
    }
    if (toggled) this.#tell(guardrail, draft.condition('Paused')?.message ?? '');
    return again;
  };

  /** Writes down whether there are storms, by kind of target; answers when that will change by itself, if it will. */
  #storms(draft: Draft<GuardrailStatus>, guardrail: Guardrail): number | undefined {
    const { storm: limits } = guardrail.spec;
    if (limits === undefined) {
      delete draft.status.storms;
      draft.drop('Storm');
      return undefined;
    }
    const before = new Map(draft.status.storms?.map((record) => [record.kind, record]));
    const kinds = [
      ...new Set([...this.#loads.kindsUnder(guardrail), ...targetKinds.filter((kind) => before.has(kind))]),
    ];
    const storms = setStorm(
      draft,
      kinds.map((kind) => {
        const { load } = this.#loads.under(guardrail, kind);
        return { limits, load, before: before.get(kind), what: `kind ${kind}` };
      }),
    );
    const records = kinds.flatMap((kind, index) => {
      const record = storms[index]?.record;
      return record === undefined ? [] : [{ ...record, kind }];
    });
    if (records.length === 0) delete draft.status.storms;
    else draft.status.storms = records;
    const untils = storms.flatMap(({ untilMs }) => untilMs ?? []);
    return untils.length === 0 ? undefined : Math.min(...untils);
  }

  #active({ metadata }: Guardrail): number {
    const { kinds, rootNamespace } = this.#context;
    const everywhere = metadata.namespace === rootNamespace;
    let active = 0;
    for (const remediation of kinds.remediations.list())
      if (!isFinished(remediation) && (everywhere || remediation.metadata.namespace === metadata.namespace)) active++;
    return active;
  }

  #tell(guardrail: Guardrail, note: string): void {
    const reason = guardrail.spec.paused?.length ? 'Paused' : 'Resumed';
    const regarding = aboutObject(GuardrailResource, guardrail);
    this.#context.events.record({ regarding, type: 'Normal', reason, action: 'Pause', note });
  }
}

function guardrailProblems(guardrail: Guardrail): readonly Problem[] {
  const { object, problems } = complete('Guardrail', guardrail);
  return problems.length > 0 ? problems : scheduleProblems('spec.schedule', object.spec.schedule);
}

function ready(draft: Draft<GuardrailStatus>, problems: readonly Problem[]): void {
  const [first] = problems;
  if (first === undefined) draft.set('Ready', 'True', 'InForce', 'it is asked before every step');
  else
    draft.set(
      'Ready',
      'False',
      reasonOf(first.path),
      problems.map(({ path, message }) => `${path} ${message}`).join('; '),
    );
}

/** Answers whether pausing began or ended. */
function pause(draft: Draft<GuardrailStatus>, { spec }: Guardrail): boolean {
  const before = draft.condition('Paused')?.status;
  const paused = spec.paused ?? [];
  if (paused.length === 0) draft.set('Paused', 'False', 'NotPaused', 'there is no reason to pause');
  else draft.set('Paused', 'True', 'Paused', paused.map(({ reason, by }) => `${reason} (${by})`).join('; '));
  const after = draft.condition('Paused')?.status;
  return before !== after && (before !== undefined || after === 'True');
}
