import { readState, writeState, type ClusterState } from './state.ts';
import { isAlive, type ProcessIdentity } from './process/identity.ts';

/** The remembered state of a cluster while a command works on it; every change is on disk before the next step. */
export class ClusterRecord {
  readonly directory: string;
  #state: ClusterState;

  private constructor(directory: string, state: ClusterState) {
    this.directory = directory;
    this.#state = state;
  }

  /** Begins a record, in place of what was remembered. */
  static create(directory: string, state: ClusterState): ClusterRecord {
    const record = new ClusterRecord(directory, state);
    writeState(directory, state);
    return record;
  }

  /** The record of a cluster that was made before; undefined when there is none. */
  static open(directory: string): ClusterRecord | undefined {
    const state = readState(directory);
    return state === undefined ? undefined : new ClusterRecord(directory, state);
  }

  get state(): ClusterState {
    return this.#state;
  }

  /** Changes some fields. */
  update(change: Partial<ClusterState>): void {
    this.#state = { ...this.#state, ...change };
    writeState(this.directory, this.#state);
  }

  /** Remembers a process that was just started. */
  started(name: string, identity: ProcessIdentity): void {
    this.update({ running: { ...this.#state.running, [name]: identity } });
  }

  /** Forgets a process that has ended. */
  ended(name: string): void {
    const { [name]: _gone, ...running } = this.#state.running;
    this.update({ running });
  }

  /** Whether anything of the cluster runs. */
  get anyAlive(): boolean {
    return Object.keys(this.#state.running).some((name) => this.alive(name) !== undefined);
  }

  /** The process of that name, if it is this cluster's and still runs. */
  alive(name: string): ProcessIdentity | undefined {
    const identity = this.#state.running[name];
    return identity !== undefined && isAlive(identity) ? identity : undefined;
  }
}
