import { Option, type Command } from 'commander';
import { collect } from './command.ts';

/** Where the frame stream is. */
export interface StreamOptions {
  readonly natsUrl: string;
  readonly subjectPrefix: string;
  readonly node?: readonly string[];
}

/** Options of the commands that read the frame stream; named as the operator’s own are. */
export const withStream = (command: Command): Command =>
  command
    .addOption(
      new Option('--nats-url <url>', 'NATS servers, comma-separated; user and password may stand in it')
        .env('HOMEOSTAT_NATS_URL')
        .default('nats://127.0.0.1:4222'),
    )
    .addOption(
      new Option('--subject-prefix <token>', 'first token of the installation’s subjects')
        .env('HOMEOSTAT_SUBJECT_PREFIX')
        .default('homeostat'),
    )
    .option(
      '--node <name>',
      'only what is told of this node, and of what is on no node; may be given several times',
      collect,
    );
