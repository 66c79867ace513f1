/** The operator as a program: reads its options, starts, and stops when it is asked to. */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { CommanderError } from 'commander';
import { declaredOf } from '../engine/declared.ts';
import { declareMetrics } from '../engine/metrics.ts';
import { faultPoints, type FaultPoint } from './controllers/remediation/controller.ts';
import { connect, type HttpKubeApi } from './kube/http-api.ts';
import { KubeConfigError } from './kube/kubeconfig.ts';
import { errorFields, type Logger } from './kube/logger.ts';
import { jsonLogger } from './observe/logger.ts';
import { Operator } from './operator.ts';
import { exitCodes, parseOptions, type Options } from './options.ts';
import { version } from './version.ts';

/**
 * Where most objects that a line makes live on, V8 makes all later ones old from the beginning. While an operator starts
 * nearly everything lives on, so that afterwards what waits for the broker for a millisecond is old garbage, with its
 * payload.
 */
setFlagsFromString('--no-allocation-site-pretenuring');

/** Resolves to the exit code. */
async function main(argv: readonly string[]): Promise<number> {
  const options = optionsOf(argv);
  if (typeof options === 'number') return options;
  const logger = jsonLogger(options.logLevel);
  const faulted = Promise.withResolvers<number>();
  const onFault = (error: unknown): void => {
    logger.error('fault of the program', errorFields(error));
    faulted.resolve(exitCodes.fault);
  };
  process.on('uncaughtException', onFault);
  process.on('unhandledRejection', onFault);

  if (!declare(options, logger)) return exitCodes.metrics;
  const api = apiOf(options, logger);
  if (api === undefined) return exitCodes.kubeconfig;
  const operator = new Operator({
    options,
    api,
    logger,
    version,
    fault: faultHook(process.env['HOMEOSTAT_CRASH_AT'], logger),
    // For tests of overload only.
    slowMs: Number(process.env['HOMEOSTAT_SLOW_MS']) || undefined,
  });
  try {
    await operator.start();
  } catch (error) {
    const { metricsAddress, metricsPort } = options;
    logger.error('cannot listen: choose another --metrics-port', {
      metricsAddress,
      metricsPort,
      ...errorFields(error),
    });
    return exitCodes.port;
  }
  operator.run().catch(onFault);
  const code = await Promise.race([askedToStop(logger), faulted.promise]);
  await operator.stop();
  api.close();
  logger.info('stopped', { code });
  return code;
}

/** Makes the metrics known that this installation declares; false when the file cannot be used. */
function declare({ metricsFile }: Options, logger: Logger): boolean {
  try {
    if (metricsFile !== undefined) declareMetrics(declaredOf(JSON.parse(readFileSync(metricsFile, 'utf8'))));
    return true;
  } catch (error) {
    logger.error('declared metrics cannot be used', { file: metricsFile, ...errorFields(error) });
    return false;
  }
}

function optionsOf(argv: readonly string[]): Options | number {
  try {
    return parseOptions(argv, version);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    throw error;
  }
}

function apiOf({ kubeconfig }: Options, logger: Logger): HttpKubeApi | undefined {
  try {
    return connect({ kubeconfig });
  } catch (error) {
    if (!(error instanceof KubeConfigError)) throw error;
    logger.error('kubeconfig cannot be used', { error: error.message });
    return undefined;
  }
}

/** Resolves on SIGTERM or SIGINT; a second one ends the process at once. */
const askedToStop = (logger: Logger): Promise<number> =>
  new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        logger.info('asked to stop', { signal });
        process.once(signal, () => process.exit(exitCodes.fault));
        resolve(exitCodes.stopped);
      });
    }
  });

/**
 * For tests of the recovery only: `HOMEOSTAT_CRASH_AT=BeforeAct` kills this process (SIGKILL, nothing is cleaned up) when
 * the pre-image is stored and the target not yet written, `AfterAct` when it is written and that not yet noted;
 * `BeforeWrite:7` before the seventh single write of anything but the Lease, `AfterWrite:7` after it. Each write is told
 * in the log then; `AfterWrite:0` does only that.
 */
function faultHook(at: string | undefined, logger: Logger): ((point: FaultPoint, write?: string) => void) | undefined {
  const [wanted, nth = '1'] = at?.split(':') ?? [];
  if (!faultPoints.some((point) => point === wanted)) return undefined;
  let left = Number(nth);
  return (point, write) => {
    if (point === 'AfterWrite') logger.info('written', { write });
    if (point === wanted && --left === 0) process.kill(process.pid, 'SIGKILL');
  };
}

void main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(exitCodes.fault);
  },
);
