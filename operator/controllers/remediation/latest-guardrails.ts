/**
 * Whether what the watch has told of the Guardrails is all there is. A watch can stand still for minutes without anybody
 * being told; a pause, and every other ceiling, holds within a second all the same: so before a target is changed the API
 * server is asked, by all that are about to change one together.
 */
import type { Guardrail } from '../../../crds/guardrail.ts';
import type { Remediation } from '../../../crds/remediation.ts';
import { guardrailsFor } from '../../decide/mode.ts';
import { monotonicMs } from '../../kube/clock.ts';
import { listAll } from '../../kube/list.ts';
import { errorFields } from '../../kube/logger.ts';
import { Guardrail as GuardrailResource } from '../../kube/resources.ts';
import { keyOf } from '../../kube/store.ts';
import type { Context } from '../context.ts';

/** An answer that was asked for so lately serves everybody; and who has waited for one may act on it for so long. */
export const guardrailsServeMs = 500;

export class LatestGuardrails {
  readonly #context: Context;
  #askedMs = -Infinity;
  #answer: Promise<readonly Guardrail[] | undefined> = Promise.resolve([]);

  constructor(context: Context) {
    this.#context = context;
  }

  /** False when one that holds for this Remediation says something that is not known yet, or the API server does not answer. */
  async areKnown({ metadata }: Remediation): Promise<boolean> {
    const { rootNamespace, kinds } = this.#context;
    const listed = await this.ask();
    if (listed === undefined) return false;
    return guardrailsFor(metadata.namespace, rootNamespace, listed).every((guardrail) => {
      const { uid, generation = 0 } = guardrail.metadata;
      const known = kinds.guardrails.get(keyOf(guardrail))?.metadata;
      return known?.uid === uid && (known?.generation ?? 0) >= generation;
    });
  }

  /** Asks the API server, if nobody has just done so. All Guardrails; undefined when it does not answer. Never rejects. */
  ask(): Promise<readonly Guardrail[] | undefined> {
    const nowMs = monotonicMs(this.#context.clock);
    if (nowMs - this.#askedMs >= guardrailsServeMs) [this.#askedMs, this.#answer] = [nowMs, this.#list()];
    return this.#answer;
  }

  async #list(): Promise<readonly Guardrail[] | undefined> {
    try {
      return await listAll<Guardrail>(this.#context.api, GuardrailResource);
    } catch (error) {
      this.#context.logger.warn('guardrails not listed', errorFields(error));
      return undefined;
    }
  }
}
