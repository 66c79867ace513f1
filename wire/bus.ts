/** A broker that stores what is published, as the publisher needs it. */
export interface Bus {
  /** Rises with each connection that is made; 0 before the first. */
  readonly connection: number;
  /** Resolves once there is a connection: at once when there is one. */
  connected(): Promise<void>;
  /**
   * Resolves when the broker has stored `payload`, or found that a message of this id is stored already.
   *
   * @throws BusError
   */
  publish(subject: string, payload: Uint8Array, id: string): Promise<{ duplicate: boolean }>;
}

/** Why a message was not stored, or cannot be known to be. */
export const busProblems = ['Disconnected', 'NoStream', 'Refused', 'TooLarge', 'Timeout'] as const;
export type BusProblem = (typeof busProblems)[number];

export class BusError extends Error {
  override readonly name = 'BusError';
  readonly reason: BusProblem;
  constructor(reason: BusProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
