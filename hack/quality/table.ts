import { confidences, type CalibrationFigures, type WrongShares } from '../../engine/detectors/testing/calibration.ts';
import type { AtOnceFigures } from './discoveries/at-once.ts';
import type { PolicyFigures } from './discoveries/policies.ts';
import type { RateFigures } from './discoveries/rates.ts';
import type { HealthyFigures } from './healthy.ts';
import type { MethodFigures } from './machines/machines.ts';
import type { NabFigures, Scores } from './nab/nab.ts';
import type { FaultFigures, ShopFigures } from './nezha/nezha.ts';

/** All that was measured. */
export interface Figures {
  healthy?: HealthyFigures;
  calibration?: CalibrationFigures;
  discoveries?: { readonly atOnce: AtOnceFigures; readonly policies: PolicyFigures };
  nab?: NabFigures;
  asd?: Readonly<Record<string, MethodFigures>>;
  smd?: Readonly<Record<string, MethodFigures>>;
  shop?: Readonly<Record<'warm' | 'cold', ShopFigures>>;
}

const row = (...cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
const ruled = (head: string, width: number): readonly string[] => [
  head,
  row(...Array.from({ length: width }, () => '---')),
];
const scores = (all: Scores): string => all.map((score) => score.toFixed(1)).join(' / ');
const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 2 : 0)} %`;

/** The figures as the tables of docs/quality.md. */
export const tables = ({ healthy, calibration, discoveries, nab, asd, smd, shop }: Figures): string =>
  [
    healthy && healthyTable(healthy),
    calibration && calibrationTable(calibration),
    discoveries && discoveriesTable('5,000 targets at one look, that hang together', discoveries.atOnce),
    discoveries && discoveriesTable('1,000 nodes with the anomaly detector', discoveries.policies),
    nab && nabTable(nab),
    asd && machineTable('ASD', asd),
    smd && machineTable('SMD', smd),
    shop && shopTable(shop),
  ]
    .filter((table) => table !== undefined)
    .map((lines) => lines.join('\n'))
    .join('\n\n');

const nabTable = (nab: NabFigures): readonly string[] => [
  ...ruled(row('NAB, standard / low FP / low FN', 'score'), 2),
  ...Object.entries(nab.reproduced).map(([name, of]) => row(`${name}, from its stored results`, scores(of))),
  row('in the corpus', scores(nab.inCorpus)),
  row('threshold from other files', scores(nab.heldOutThreshold)),
  row('views, constants and threshold from other files', scores(nab.everythingHeldOut)),
  row('AWS and known causes, in the corpus', scores(nab.infrastructure.inCorpus)),
  row('AWS and known causes, threshold from other files', scores(nab.infrastructure.heldOutThreshold)),
];

const machineTable = (set: string, methods: Readonly<Record<string, MethodFigures>>): readonly string[] => [
  ...ruled(
    row(set, 'PR-AUC', 'times random', 'best event F1', 'F1, recall, false alarms a day at the train threshold'),
    5,
  ),
  ...Object.entries(methods).map(([name, of]) =>
    row(
      name,
      of.averagePrecision.toFixed(3),
      of.timesRandom.toFixed(1),
      of.bestEventF1.toFixed(3),
      `${of.eventF1.toFixed(2)}, ${of.recall.toFixed(2)}, ${of.falseAlarmsPerDay.toFixed(2)}`,
    ),
  ),
];

const faultRow = (name: string, of: FaultFigures): string =>
  row(
    name,
    `${of.detected} of ${of.faults}`,
    `${of.medianDelaySamples}, ${of.p90DelaySamples}`,
    percent(of.rightPodFirst),
    percent(of.rightPodInThree),
  );

const shopTable = ({ warm, cold }: Readonly<Record<'warm' | 'cold', ShopFigures>>): readonly string[] => [
  ...ruled(row('Online Boutique', 'detected', 'delay in samples, median, p90', 'right pod first', 'in three'), 5),
  ...shopRows('warm', warm),
  ...Object.entries(warm.byType).map(([type, figures]) => faultRow(`warm: ${type}`, figures)),
  ...shopRows('cold', cold),
];

const shopRows = (start: string, of: ShopFigures): readonly string[] => [
  faultRow(`${start}: all faults`, of.all),
  faultRow(`${start}: CPU and network`, of.resources),
  row(`${start}: false alarms per pod-day`, of.falseAlarmsPerPodDay.toFixed(2), '', '', ''),
];

const healthyTable = (healthy: HealthyFigures): readonly string[] => [
  ...ruled(row('healthy series: said to be strange with', '90 %', '99 %', '99.9 %'), 4),
  ...Object.keys(healthy.wrongAt['0.99']).map((kind) =>
    row(
      kind,
      ...(['0.9', '0.99', '0.999'] as const).map((confidence) => percentOf(healthy.wrongAt[confidence][kind] ?? 0)),
    ),
  ),
  '',
  ...ruled(row('alarms a series and day, one a week accepted', 'first week', 'later'), 3),
  ...Object.entries(healthy.alarmsPerDay).map(([every, of]) =>
    row(every, of.firstWeek.toFixed(2), of.later.toFixed(2)),
  ),
];

const percentOf = (share: number): string => `${(100 * share).toPrecision(2)} %`;

const calibrationTable = ({ peers, ...figures }: CalibrationFigures): readonly string[] => [
  ...ruled(row('nothing is wrong: said to be, with', ...confidences.map((each) => `${100 * each} %`)), 4),
  ...Object.entries(figures).flatMap(([detector, kinds]: [string, WrongShares]) =>
    Object.entries(kinds).map(([kind, shares]) => row(`${detector}: ${kind}`, ...shares.map(percentOf))),
  ),
  ...Object.entries(Object.groupBy(Object.entries(peers), ([kind]) => kind.split(', groups')[1] ?? '')).flatMap(
    ([size, kinds = []]) => [
      row(`peers: groups${size}, normal`, ...(peers[`normal, groups${size}`] ?? []).map(percentOf)),
      row(
        `peers: groups${size}, the worst of ${kinds.length} kinds`,
        ...confidences.map((_, i) => percentOf(Math.max(...kinds.map(([, shares]) => shares[i] ?? 0)))),
      ),
    ],
  ),
];

/** What was false, give or take two standard errors; in brackets what of the bad was found. */
const rateOf = ({ falseShare, standardError, found }: RateFigures): string =>
  `${(100 * falseShare).toFixed(1)} ± ${(200 * standardError).toFixed(1)} %${Number.isNaN(found) ? '' : ` (${percent(found)})`}`;

const discoveriesTable = (title: string, figures: AtOnceFigures | PolicyFigures): readonly string[] => [
  ...ruled(row(title, '`falseDiscoveryRate` 5 %', 'Bonferroni, 5 %', 'each by itself, 99 %'), 4),
  ...Object.entries(figures).map(([name, of]) =>
    row(name, rateOf(of.falseDiscoveryRate), rateOf(of.bonferroni), rateOf(of.byItself)),
  ),
];
