/** Seals what has ended, one namespace after the other, and verifies each chain from time to time. */
import type { Remediation } from '../../../crds/remediation.ts';
import { verifyChain, type Problem } from '../../audit/verify.ts';
import { describeProblem } from '../../audit/render.ts';
import { anchorsName } from '../../audit/anchor.ts';
import { Remediation as RemediationResource } from '../../kube/resources.ts';
import { listAll } from '../../kube/list.ts';
import type { Context } from '../context.ts';
import { Anchors } from './anchors.ts';
import type { Auditor } from './auditor.ts';
import { sha256 } from './digest.ts';
import type { AuditMetrics } from './metrics.ts';
import type { NamespaceState } from './namespaces.ts';

/** How often a chain is verified although nothing is known to have happened to it. */
const verifyEveryMs = 600_000;
/** How soon it is verified again when something was sealed meanwhile. */
const againAfterMs = 5000;
/** How often it is looked whether a namespace that is being deleted is gone. */
const endingRetryMs = 10_000;

/** What was found in a chain. */
export interface ChainFinding {
  /** The first thing that is not as it was sealed; undefined when all is. */
  readonly problem: string | undefined;
}

export interface AuditControllerOptions {
  readonly stateOf?: ((namespace: string) => NamespaceState | undefined) | undefined;
  /** Told of chains that have an anchor and were not verified yet. */
  readonly alsoVerify?: (namespace: string) => void;
  /** Told when something else was found in a chain than before. */
  readonly onFinding?: (namespace: string) => void;
}

export class AuditController {
  readonly #context: Context;
  readonly #auditor: Auditor;
  readonly #metrics: AuditMetrics;
  /** When each chain was verified last, and what the first problem was. */
  readonly #verified = new Map<string, { readonly atMs: number; readonly problem: string | undefined }>();
  /** What was found last, also of a chain that is to be verified again. */
  readonly #findings = new Map<string, ChainFinding>();
  readonly #options: AuditControllerOptions;

  constructor(context: Context, auditor: Auditor, metrics: AuditMetrics, options: AuditControllerOptions = {}) {
    this.#context = context;
    this.#auditor = auditor;
    this.#metrics = metrics;
    this.#options = options;
  }

  /** What was found in the chain of a namespace when it was verified last; undefined before that. */
  readonly findingOf = (namespace: string): ChainFinding | undefined => this.#findings.get(namespace);

  /** The key is a namespace. */
  readonly reconcile = async (namespace: string): Promise<{ requeueAfterMs?: number } | void> => {
    if (!this.#context.isLeader()) return;
    switch (this.#options.stateOf?.(namespace)) {
      case 'Ending':
        // Its Remediations go one after the other, which says nothing.
        return { requeueAfterMs: endingRetryMs };
      case 'Gone':
        await this.#auditor.close(namespace);
        this.#metrics.found(namespace, 0);
        return;
      case 'There':
      case undefined:
    }
    if (await this.#auditor.seal(namespace)) return { requeueAfterMs: 1 };
    const { clock } = this.#context;
    const last = this.#verified.get(namespace);
    if (last !== undefined && clock.now() < last.atMs + verifyEveryMs) return { requeueAfterMs: verifyEveryMs };
    const isDone = await this.#verify(namespace);
    return { requeueAfterMs: isDone ? verifyEveryMs : againAfterMs };
  };

  /** A sealed Remediation is gone: the chain is verified when it is looked at next. */
  missed(namespace: string): void {
    this.#verified.delete(namespace);
  }

  /** False when the chain grew meanwhile. What the watch tells may lag behind, so a problem is looked for once more. */
  async #verify(namespace: string): Promise<boolean> {
    const { api, rootNamespace, kinds } = this.#context;
    const anchors = await Anchors.read(api, rootNamespace);
    const text = anchors.text(namespace);
    // Where all records were removed while nobody looked, only the anchor tells that there were any.
    if (namespace === rootNamespace)
      for (const chain of anchors.chains()) if (!this.#verified.has(chain)) this.#options.alsoVerify?.(chain);
    const known = [...kinds.remediations.list()].filter(({ metadata }) => metadata.namespace === namespace);
    let { problems } = verifyChain(namespace, known, text, sha256);
    if (problems.length > 0) {
      const listed = await listAll<Remediation>(api, RemediationResource, { namespace });
      if ((await Anchors.read(api, rootNamespace)).text(namespace) !== text) return false;
      ({ problems } = verifyChain(namespace, listed, text, sha256));
    }
    this.#tell(namespace, problems);
    return true;
  }

  #tell(namespace: string, problems: readonly Problem[]): void {
    const { rootNamespace, clock, logger, events } = this.#context;
    const [first] = problems;
    const problem = first && describeProblem(first);
    this.#metrics.found(namespace, problems.length);
    const before = this.#verified.get(namespace)?.problem;
    this.#verified.set(namespace, { atMs: clock.now(), problem });
    const known = this.#findings.get(namespace);
    this.#findings.set(namespace, { problem });
    if (known === undefined || known.problem !== problem) this.#options.onFinding?.(namespace);
    if (problem === undefined || problem === before) return;
    logger.error('audit chain is broken', { namespace, problems: problems.length, first: problem });
    events.record({
      regarding: { apiVersion: 'v1', kind: 'ConfigMap', namespace: rootNamespace, name: anchorsName },
      type: 'Warning',
      reason: 'AuditChainBroken',
      action: 'Verify',
      note: `the audit chain of ${namespace} is broken: ${problem}; see homeostat audit verify`,
    });
  }
}
