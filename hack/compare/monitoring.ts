import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startProgram, type Program } from '../../e2e/product/process.ts';
import { until } from '../../e2e/runner/world.ts';
import { freePort } from '../../wire/testing/free-port.ts';
import { episodesOf, type Episode } from './episodes.ts';
import { alertmanagerConfiguration, prometheusConfiguration, type Surroundings } from './configuration.ts';
import type { Peers } from './programs.ts';
import { ruleFile } from './rules.ts';
import type { Pace } from './systems.ts';
import { nameOf } from './writer.ts';

/** A Prometheus and its Alertmanager. */
export interface Monitoring {
  readonly name: Pace['name'];
  readonly prometheus: Program;
  readonly alertmanager: Program;
  /** Every alert that fired in this time, by its own record of them. */
  alarms(fromMs: number, toMs: number): Promise<readonly Alarm[]>;
  /** The share of the scrapes of this node that failed, in this time. */
  failedScrapes(node: string, fromMs: number, toMs: number): Promise<number>;
  stop(): Promise<void>;
}

/** An alert that fired, or an Incident. */
export interface Alarm extends Episode {
  readonly policy: string;
  /** `namespace/name`, or the name of a node. */
  readonly target: string;
}

const readyWithinMs = 120_000;
/** Prometheus answers at most 11,000 points a series. */
const mostPoints = 10_000;

/** Starts both at this pace, with data below `directory`; resolves when they are ready. */
export const startMonitoring = async (
  pace: Pace,
  programs: Peers,
  around: Omit<Surroundings, 'alertmanager' | 'ruleFile'>,
  webhookUrl: string,
  directory: string,
): Promise<Monitoring> => {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const file = (name: string, content: string): string => {
    writeFileSync(join(directory, name), content);
    return join(directory, name);
  };
  const [prometheusAt, alertmanagerAt] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const rules = file('rules.yaml', ruleFile(pace));
  const configuration = prometheusConfiguration(pace, { ...around, alertmanager: alertmanagerAt, ruleFile: rules });
  const alertmanager = startProgram(
    'alertmanager',
    [
      `--config.file=${file('alertmanager.yaml', alertmanagerConfiguration(pace, `${webhookUrl}/${pace.name}`))}`,
      `--storage.path=${join(directory, 'alertmanager')}`,
      `--web.listen-address=${alertmanagerAt}`,
      '--cluster.listen-address=',
    ],
    {},
    { log: join(directory, 'alertmanager.log'), command: programs.alertmanager },
  );
  const prometheus = startProgram(
    'prometheus',
    [
      `--config.file=${file('prometheus.yaml', configuration)}`,
      `--storage.tsdb.path=${join(directory, 'prometheus')}`,
      '--storage.tsdb.retention.time=1d',
      `--web.listen-address=${prometheusAt}`,
    ],
    {},
    { log: join(directory, 'prometheus.log'), command: programs.prometheus },
  );
  const stop = async (): Promise<void> => {
    await Promise.all([prometheus.stop(), alertmanager.stop()]);
  };
  const ready = (address: string, { name, log, ended }: Program): Promise<unknown> =>
    Promise.race([
      until(`${name} to be ready (${log})`, readyWithinMs, async () =>
        (await fetch(`http://${address}/-/ready`)).ok ? true : undefined,
      ),
      ended.then((code) => Promise.reject(new Error(`${name} ended with exit code ${code}; its log is ${log}`))),
    ]);
  try {
    await Promise.all([ready(prometheusAt, prometheus), ready(alertmanagerAt, alertmanager)]);
  } catch (error) {
    await stop();
    throw error;
  }
  const ask = async (how: string, query: Record<string, string>): Promise<readonly Series[]> => {
    const answer = await fetch(`http://${prometheusAt}/api/v1/${how}?${new URLSearchParams(query).toString()}`);
    if (!answer.ok) throw new Error(`${pace.name}: ${await answer.text()}`);
    return ((await answer.json()) as { data: { result: readonly Series[] } }).data.result;
  };
  return {
    name: pace.name,
    prometheus,
    alertmanager,
    stop,
    alarms: async (fromMs, toMs) => {
      const stepSeconds = Math.max(pace.evaluateSeconds, Math.ceil((toMs - fromMs) / 1000 / mostPoints));
      const series = await ask('query_range', {
        query: 'ALERTS{alertstate="firing"}',
        start: String(fromMs / 1000),
        end: String(toMs / 1000),
        step: String(stepSeconds),
      });
      return series.flatMap(({ metric, values = [] }) => {
        const [policy, target] = [metric['alertname'] ?? '', nameOf(metric)];
        const times = values.map(([seconds]) => seconds * 1000);
        return episodesOf(times, stepSeconds * 1000).map(({ fromMs: from, toMs: to }) => ({
          policy,
          target,
          fromMs: from,
          toMs: to,
        }));
      });
    },
    failedScrapes: async (node, fromMs, toMs) => {
      const range = `[${Math.ceil((toMs - fromMs) / 1000)}s]`;
      const query = `1 - avg(avg_over_time(up{node=${JSON.stringify(node)}}${range}))`;
      const [found] = await ask('query', { query, time: String(toMs / 1000) });
      return Number(found?.value?.[1]);
    },
  };
};

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values?: readonly Point[];
  readonly value?: Point;
}
type Point = readonly [seconds: number, value: string];
