import { Option, type Command } from 'commander';
import { collect } from './command.ts';

/** Where the broker is. */
export interface BrokerOptions {
  readonly natsUrl: string;
  readonly subjectPrefix: string;
}

/** Where the frame stream is, and what of it is wanted. */
export interface StreamOptions extends BrokerOptions {
  readonly node?: readonly string[];
}

/** Options of the commands that ask the broker; named as the operator’s own are. */
export const withBroker = (command: Command): Command =>
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
    );

/** Options of the commands that read the frame stream. */
export const withStream = (command: Command): Command =>
  withBroker(command).option(
    '--node <name>',
    'only what is told of this node, and of what is on no node; may be given several times',
    collect,
  );
