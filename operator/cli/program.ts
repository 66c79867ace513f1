/** The command line: global options, the commands of the registry, and one run of it. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { parse } from 'yaml';
import { declaredOf } from '../../engine/declared.ts';
import { declareMetrics } from '../../engine/metrics.ts';
import { collect } from './command.ts';
import { commands } from './commands.ts';
import { complete } from './complete.ts';
import { failureOf } from './errors.ts';
import { exitCodes, exitCodeText, type ExitCode } from './exit.ts';
import { defaultRootNamespace, openSession, type GlobalOptions, type Surroundings } from './opening.ts';
import { outputs } from './output.ts';
import { Local } from './local.ts';
import type { Session } from './session.ts';

const globalOptions = (): Option[] => [
  new Option('-n, --namespace <name>', 'namespace; default: that of the kubeconfig’s context'),
  new Option('-A, --all-namespaces', 'all namespaces'),
  new Option('-o, --output <format>', 'another form: more columns, or the objects themselves').choices(outputs),
  new Option('--context <name>', 'context of the kubeconfig'),
  new Option('--kubeconfig <file>', 'kubeconfig file; default: KUBECONFIG, then ~/.kube/config'),
  new Option('--as <user>', 'ask in the name of somebody else (impersonation)'),
  new Option('--as-group <group>', 'with --as: as a member of this group; may be given several times').argParser(
    collect,
  ),
  new Option('--root-namespace <name>', 'the operator’s own namespace, whose objects hold everywhere')
    .env('HOMEOSTAT_NAMESPACE')
    .default(defaultRootNamespace),
  new Option('--metrics-file <file>', 'YAML or JSON file that declares metrics, as agents and operator have it').env(
    'HOMEOSTAT_METRICS_FILE',
  ),
  new Option('--color <when>', 'colours; auto: on a terminal, unless NO_COLOR is set')
    .choices(['auto', 'always', 'never'])
    .default('auto'),
];

/** The program with all its commands. `act` is called with what the chosen command does. */
export function programOf(
  { print, tell, program: name, version }: Surroundings,
  act: (work: (local: Local) => Promise<ExitCode>, options: GlobalOptions) => Promise<void>,
): Command {
  const program = new Command(name)
    .description('Looks at what Homeostat sees and does in a cluster, and tells it what people decide.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help of a command')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: print, writeErr: tell, getOutHelpWidth: () => 100, getErrHelpWidth: () => 100 })
    .showHelpAfterError(`(${name} --help lists commands and options)`)
    .allowExcessArguments(false)
    .exitOverride()
    .addHelpText('after', `\n${exitCodeText}`);
  for (const option of globalOptions()) program.addOption(option);
  program.hook('preAction', () => declareFrom(program));
  const actLocally = (work: (local: Local) => Promise<ExitCode>): Promise<void> =>
    act(work, program.opts<GlobalOptions>());
  for (const declare of commands)
    declare(program, (work) => actLocally((local) => work(local.session())), print, actLocally);
  for (const command of program.commands)
    command.showHelpAfterError(`(${name} ${command.name()} --help says what it takes)`);
  return program;
}

/** Makes the metrics known that the installation declares, before a command looks at a policy. */
function declareFrom(program: Command): void {
  const { metricsFile } = program.opts<{ metricsFile?: string }>();
  try {
    declareMetrics(metricsFile === undefined ? [] : declaredOf(parse(readFileSync(metricsFile, 'utf8'))));
  } catch (error) {
    program.error(`error: --metrics-file ${metricsFile}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Runs one command line (without `node` and the script). Never rejects; what went wrong is told. */
export async function run(argv: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  let code: ExitCode = exitCodes.fine;
  const program = programOf(surroundings, async (work, options) => {
    code = await told(work, options, surroundings);
  });
  if (argv[0] === '__complete') return offer(program, argv.slice(1), surroundings);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.fine : exitCodes.usage;
    const failure = failureOf(error);
    surroundings.tell(`error: ${failure.message}\n`);
    return failure.code;
  }
}

async function told(
  work: (local: Local) => Promise<ExitCode>,
  options: GlobalOptions,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const local = new Local(options, surroundings);
  try {
    return await work(local);
  } catch (error) {
    const failure = failureOf(error, local.asked?.options);
    surroundings.tell(`error: ${failure.message}\n`);
    return failure.code;
  } finally {
    local.close();
  }
}

/** Completion as kubectl asks its plug-ins for it: a word a line, then that no files are to be offered. */
async function offer(program: Command, words: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  let session: Session | undefined;
  const found = await complete(program, words, (options) => {
    session = openSession({ rootNamespace: defaultRootNamespace, color: 'never', ...options }, surroundings);
    return session;
  });
  session?.options.close();
  surroundings.print([...found, ':4', ''].join('\n'));
  return exitCodes.fine;
}
