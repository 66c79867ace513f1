/**
 * Who was killed for memory, on cgroup v1. There a kill counts in the victim’s own cgroup only, never in the pod’s, and
 * when the victim was a container’s first process that cgroup is gone within milliseconds, mostly unread. What remains
 * is that the machine counts one kill more than all cgroups that can be read, that a container vanished, and that its
 * pod ran into its memory limit: these three together, within two seconds, are taken for a kill of that container.
 */
export class KillLedger {
  readonly #pods = new Map<string, PodAccount>();
  #hasLooked = false;
  #machineKills = Number.NaN;
  #unexplained = 0;
  #unexplainedUntilMs = 0;

  /**
   * Takes in what was read, and answers the UIDs of pods whose total has risen. `machineKills` has to be read after all
   * the rest.
   */
  look(nowMs: number, pods: Iterable<PodLook>, machineKills: () => number): string[] {
    const before = new Map<string, number>();
    let seen = 0;
    for (const look of pods) {
      const account = this.#pods.get(look.uid) ?? this.#open(look);
      before.set(look.uid, account.total);
      seen += record(account, look, nowMs);
    }
    this.#hasLooked = true;
    for (const uid of this.#pods.keys()) if (!before.has(uid)) this.#pods.delete(uid);
    this.#explain(nowMs, machineKills(), seen);
    return [...before].flatMap(([uid, total]) => ((this.#pods.get(uid)?.total ?? 0) > total ? [uid] : []));
  }

  /**
   * All kills in the pod since it, or this ledger, began; NaN for an unknown pod. What was counted before the first look
   * is left out: those that vanished are not in it, so it could be less than what was told before, and be taken for
   * kills since a new beginning at zero.
   */
  totalOf(uid: string): number {
    return this.#pods.get(uid)?.total ?? Number.NaN;
  }

  #open({ uid, limitHits, kills }: PodLook): PodAccount {
    const counted = this.#hasLooked ? [] : [...kills].filter(([, count]) => !Number.isNaN(count));
    const account: PodAccount = {
      total: 0,
      limitHits,
      limitHitMs: Number.NEGATIVE_INFINITY,
      cgroups: new Map(counted.map(([name, count]) => [name, { kills: count, killMs: Number.NEGATIVE_INFINITY }])),
      vanished: [],
    };
    this.#pods.set(uid, account);
    return account;
  }

  #explain(nowMs: number, machineKills: number, seen: number): void {
    const more = machineKills - this.#machineKills - seen;
    this.#machineKills = machineKills;
    if (more > 0) {
      this.#unexplained += more;
      this.#unexplainedUntilMs = nowMs + patienceMs;
    } else if (nowMs > this.#unexplainedUntilMs) this.#unexplained = 0;
    for (const account of this.#pods.values()) {
      account.vanished = account.vanished.filter((atMs) => nowMs - atMs <= patienceMs);
      while (this.#unexplained > 0 && account.vanished.length > 0 && nowMs - account.limitHitMs <= patienceMs) {
        account.vanished.shift();
        account.total++;
        this.#unexplained--;
      }
    }
  }
}

/** What one look at a pod’s cgroups has read. */
export interface PodLook {
  readonly uid: string;
  /** Of the pod’s own cgroup: how often its limit was reached. NaN is unknown. */
  readonly limitHits: number;
  /** Kills that each cgroup of the pod (its own too, by any name) counts; NaN for one that turned out to be gone. */
  readonly kills: ReadonlyMap<string, number>;
}

interface PodAccount {
  total: number;
  limitHits: number;
  limitHitMs: number;
  readonly cgroups: Map<string, { kills: number; killMs: number }>;
  /** When containers of this pod vanished without a count for it. */
  vanished: number[];
}

const patienceMs = 2000;

/** How many kills this look shows that the one before did not. */
function record(account: PodAccount, look: PodLook, nowMs: number): number {
  const { cgroups, vanished } = account;
  if (look.limitHits > account.limitHits) account.limitHitMs = nowMs;
  if (!Number.isNaN(look.limitHits)) account.limitHits = look.limitHits;
  for (const [name, { killMs }] of cgroups)
    if (Number.isNaN(look.kills.get(name) ?? Number.NaN)) {
      cgroups.delete(name);
      if (nowMs - killMs > patienceMs) vanished.push(nowMs);
    }
  let seen = 0;
  for (const [name, kills] of look.kills) {
    if (Number.isNaN(kills)) continue;
    const cgroup = cgroups.get(name) ?? { kills: 0, killMs: Number.NEGATIVE_INFINITY };
    cgroups.set(name, cgroup);
    if (kills > cgroup.kills) {
      seen += kills - cgroup.kills;
      cgroup.killMs = nowMs;
    }
    cgroup.kills = kills;
  }
  account.total += seen;
  return seen;
}
