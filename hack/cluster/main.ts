import { ClusterError, messageOf } from './failure.ts';
import { cli } from './cli.ts';

try {
  await cli((line) => console.log(line), process.env).parseAsync();
} catch (error) {
  console.error(`cluster: ${messageOf(error)}`);
  if (error instanceof ClusterError) for (const line of error.details) console.error(`  ${line}`);
  else console.error(error);
  process.exitCode = 1;
}
