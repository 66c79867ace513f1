import type { Command } from 'commander';
import type { ExitCode } from './exit.ts';
import type { Local } from './local.ts';
import type { Session } from './session.ts';

/** Runs what a command does, once its arguments are understood. */
export type Act = (work: (session: Session) => Promise<ExitCode>) => Promise<void>;

/** The same for a command that may do without a cluster. */
export type ActLocally = (work: (local: Local) => Promise<ExitCode>) => Promise<void>;

/**
 * One command: declares its arguments and what it does with them, or what it prints without asking a cluster. One file in
 * `commands/` and one line in the registry.
 */
export type Declare = (program: Command, act: Act, print: (text: string) => void, actLocally: ActLocally) => void;

/** The parser of an option that may be given several times: all its values, in order. */
export const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
