import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { load, type Cluster } from './cluster.ts';
import { PARTS } from './control-plane.ts';
import { down } from './down.ts';
import { ClusterError } from './failure.ts';
import {
  cut,
  execInNode,
  failFake,
  healFake,
  kill,
  parseTarget,
  pause,
  reconnect,
  resume,
  start,
  stop,
} from './faults.ts';
import { addImage, loadImages } from './images/own.ts';
import type { Environment } from './paths.ts';
import { isProfileName, PROFILES, type ProfileName } from './profile.ts';
import { lineProgress } from './progress.ts';
import { provide } from './provide.ts';
import { clusterStatus, exportLines, formatStatus } from './status.ts';
import { DEFAULTS, up } from './up.ts';

/** The command line: what a person types after `make cluster-…` or `npm run cluster --`. */
export function cli(write: (line: string) => void, env: Environment): Command {
  const program = new Command('cluster')
    .description('A real Kubernetes control plane, nodes and NATS on this machine, for tests.')
    .option('--name <name>', 'which cluster', env['HOMEOSTAT_CLUSTER'] ?? DEFAULTS.name);
  const name = (): string => program.opts<{ name: string }>().name;
  const running = (): Cluster => {
    const cluster = load(name(), env);
    if (cluster === undefined) throw new ClusterError(`cluster ${name()} does not run; start it with "up"`);
    return cluster;
  };
  lifeCycle(program, name, write, env);
  images(program, running, write, env);
  faults(program, running, write);
  return program;
}

function lifeCycle(program: Command, name: () => string, write: (line: string) => void, env: Environment): void {
  const progress = lineProgress(write);
  program
    .command('fetch')
    .description('get or build every program and image that clusters need, and start nothing')
    .action(async () => {
      await provide(true, env, progress);
      write('every program is there');
    });
  program
    .command('up')
    .description('start the cluster, or what is missing of it')
    .option('--nodes <count>', 'real nodes', wholeNumber, DEFAULTS.nodes)
    .option('--fake <count>', 'simulated nodes', wholeNumber, DEFAULTS.fake)
    .option('--profile <profile>', Object.keys(PROFILES).join(', '), profileName, DEFAULTS.profile)
    .action(async (options: { nodes: number; fake: number; profile: ProfileName }) => {
      const begin = performance.now();
      const cluster = await up({ ...options, name: name(), env, progress }).catch((error: unknown) => {
        write('what has started goes on running; "status" shows it, "down" ends it');
        throw error;
      });
      const seconds = ((performance.now() - begin) / 1000).toFixed(1);
      const count = (real: boolean): number => cluster.nodes.filter((node) => node.real === real).length;
      write(`cluster ${cluster.name} runs after ${seconds} s: ${count(true)} real and ${count(false)} simulated nodes`);
      exportLines(cluster).forEach(write);
    });
  program
    .command('down')
    .description('end the cluster; its data stays')
    .action(async () => {
      const found = await down({ name: name(), env, progress });
      write(found ? `cluster ${name()} is down` : `there is no cluster ${name()}`);
    });
  program
    .command('reset')
    .description('end the cluster and forget its data')
    .action(async () => {
      await down({ name: name(), env, progress, reset: true });
      write(`cluster ${name()} is gone`);
    });
  program
    .command('status')
    .description('show what runs, and what to export to use it')
    .action(() => {
      const status = clusterStatus(name(), env);
      if (status === undefined) write(`there is no cluster ${name()}`);
      else formatStatus(status).forEach(write);
    });
}

function images(program: Command, running: () => Cluster, write: (line: string) => void, env: Environment): void {
  program
    .command('image <name>')
    .description('make an image and import it on all real nodes')
    .option('--bundle <files...>', 'JavaScript files for /app; the first is run by Node.js')
    .option('--rootfs <directory>', 'a directory that is the whole image')
    .option('--entrypoint <command...>', 'what a container of --rootfs runs')
    .action(
      async (name: string, options: { bundle?: [string, ...string[]]; rootfs?: string; entrypoint?: string[] }) => {
        const { bundle, rootfs, entrypoint } = options;
        if ((bundle === undefined) === (rootfs === undefined))
          throw new ClusterError('give either --bundle or --rootfs');
        const content =
          bundle === undefined ? { rootfs: rootfs ?? '', ...(entrypoint ? { entrypoint } : {}) } : { bundle };
        await addImage(running(), { name, content }, env, lineProgress(write));
        write(`image ${name} is on all real nodes`);
      },
    );
  program
    .command('images [directory]')
    .description(
      'make localhost/homeostat-<program>:dev of every bundle <program>.cjs in a directory (dist) that runs in a cluster',
    )
    .action(async (directory: string = 'dist') => {
      const cluster = running();
      // The command-line program runs where people are.
      const isForPods = (file: string): boolean => file.endsWith('.cjs') && file !== 'homeostat.cjs';
      const bundles = existsSync(directory) ? readdirSync(directory).filter(isForPods) : [];
      if (bundles.length === 0) throw new ClusterError(`${directory} holds no bundle; run "make build"`);
      for (const file of bundles) {
        const image = `localhost/homeostat-${basename(file, '.cjs')}:dev`;
        await addImage(
          cluster,
          { name: image, content: { bundle: [join(directory, file)] } },
          env,
          lineProgress(write),
        );
        write(`image ${image} is on all real nodes`);
      }
    });
  program
    .command('load')
    .description('import new image archives on all real nodes')
    .action(() => loadImages(running()));
}

function faults(program: Command, running: () => Cluster, write: (line: string) => void): void {
  const verbs = {
    pause: { what: 'let it hang (SIGSTOP)', act: pause },
    resume: { what: 'let it go on', act: resume },
    kill: { what: 'end it at once and keep it down', act: kill },
    stop: { what: 'end it politely and keep it down', act: stop },
    start: { what: 'start it again', act: start },
  };
  for (const [verb, { what, act }] of Object.entries(verbs)) {
    program
      .command(`${verb} <target> [program]`)
      .description(`${what}: ${PARTS.join(', ')}, or node1... with kubelet (default), containerd, kube-proxy`)
      .action(async (target: string, part?: string) => act(running(), parseTarget(target, part)));
  }
  program
    .command('cut <node>')
    .description('take a real node off the network')
    .action((node: string) => cut(running(), node));
  program
    .command('join <node>')
    .description('connect it again')
    .action((node: string) => reconnect(running(), node));
  program
    .command('fail <node>')
    .description('make a simulated node NotReady')
    .action((node: string) => failFake(running(), node));
  program
    .command('heal <node>')
    .description('make it Ready again')
    .action((node: string) => healFake(running(), node));
  program
    .command('exec <node> <command...>')
    .description('run a command inside a real node; put -- before it')
    .action(async (node: string, command: string[]) => write((await execInNode(running(), node, command)).trimEnd()));
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It has to be a whole number.');
  return Number(text);
}

function profileName(text: string): ProfileName {
  if (isProfileName(text)) return text;
  throw new InvalidArgumentError(`It has to be one of ${Object.keys(PROFILES).join(', ')}.`);
}
