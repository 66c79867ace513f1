import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { explain } from '../process/log.ts';
import { nodeDaemon, nodeDirectory, type RealNode } from './node.ts';

/** The lines of a node's logs that most likely explain why it does not work, each with the program it came from. */
export function logsOf(node: RealNode): string[] {
  const directory = join(nodeDirectory(node), 'log');
  const files = {
    node: nodeDaemon(node).log,
    containerd: join(directory, 'containerd.log'),
    import: join(directory, 'import.log'),
    kubelet: join(directory, 'kubelet.log'),
  };
  return Object.entries(files).flatMap(([program, file]) =>
    existsSync(file) ? explain(readFileSync(file, 'utf8'), 4).map((line) => `${program}: ${line}`) : [],
  );
}
