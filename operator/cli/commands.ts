/** Every command, in the order of the help. */
import type { Declare } from './command.ts';
import { ack } from './commands/ack.ts';
import { approve, deny } from './commands/approve.ts';
import { cancel } from './commands/cancel.ts';
import { audit } from './commands/audit.ts';
import { backtest } from './commands/backtest.ts';
import { completion } from './commands/completion.ts';
import { diff } from './commands/diff.ts';
import { history } from './commands/history.ts';
import { metrics } from './commands/metrics.ts';
import { pause, resume } from './commands/pause.ts';
import { record } from './commands/record.ts';
import { selftest } from './commands/selftest.ts';
import { status } from './commands/status.ts';
import { test } from './commands/test.ts';
import { undo } from './commands/undo.ts';
import { verdict } from './commands/verdict.ts';
import { why } from './commands/why.ts';

export const commands: readonly Declare[] = [
  status,
  why,
  diff,
  approve,
  deny,
  undo,
  cancel,
  pause,
  resume,
  ack,
  verdict,
  audit,
  metrics,
  history,
  record,
  backtest,
  selftest,
  test,
  completion,
];
