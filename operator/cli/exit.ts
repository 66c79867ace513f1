/** What the exit status of the program means; part of its interface, so a number never changes its meaning. */
export const exitCodes = {
  fine: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  noCluster: 4,
  notInstalled: 5,
  notAllowed: 6,
  refused: 7,
  timedOut: 8,
  found: 10,
} as const;

/** One of the exit codes. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The exit codes for people, as the help and the docs list them. */
export const exitCodeText = `Exit codes:
  0   done, or nothing to report
  1   it failed, or is not as it was to be (test, backtest --expect); the message says why
  2   the command line is wrong
  3   there is no such object
  4   no usable kubeconfig, or the API server cannot be reached
  5   the cluster does not have Homeostat's kinds
  6   the API server does not know or does not allow you; the message names the verb
  7   refused as things stand: decided already, at its end, changed meanwhile
  8   the time to wait ran out
  10  with --exit-code only: something was found (fires, differs, could not be taken back)
`;

/** An end that is known: what to say, and the exit code. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: ExitCode;
  constructor(code: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
