/** A self-test for people. */
import type { Score } from '../../replay/selftest/score.ts';
import type { PolicySelftest } from '../../replay/selftest/selftest.ts';
import { noTargets } from './backtest.ts';
import { table, type Cell } from './table.ts';
import { counted, section, wrapped, type View } from './view.ts';

export const selftestLines = (results: readonly PolicySelftest[], view: View): string[] =>
  results.flatMap((result) => policyLines(result, view)).slice(1);

function policyLines({ policy, targets, targetHours, alarms, all, faults, precision }: PolicySelftest, view: View) {
  const rows = [...Object.entries(faults), ['all', all] as const].map(([kind, score]) => rowOf(kind, score));
  const columns = ['FAULT', 'INJECTED', 'FOUND', 'RATE', 'DELAY P50', 'DELAY P90'].map((title) => ({ title }));
  const without = Object.entries(faults).flatMap(([kind, { injected }]) => (injected === 0 ? kind : []));
  const { falseAlarmsPerWeek, falseAlarmsPerWeekAtMost, faultsPerWeek, share, shareAtLeast, random } = precision;
  const sentences = [
    ...(targets === 0 ? [noTargets] : []),
    ...(without.length === 0
      ? []
      : [
          `No room for ${without.join(', ')}: the recording or --rounds is too short, or the policy fires all the time.`,
        ]),
    ...(targetHours === 0
      ? []
      : [
          `Without faults ${counted(alarms, 'alarm')} in ${figure(targetHours)} target-hours: ${figure(falseAlarmsPerWeek)} per target and week, at most ${figure(falseAlarmsPerWeekAtMost)} with 95 % confidence.`,
        ]),
    // Of what was not tried nothing is known.
    ...(all.injected === 0
      ? []
      : all.detected === 0
        ? ['It found no fault, so none of its alarms would be right.']
        : [
            `With ${figure(faultsPerWeek)} real ${faultsPerWeek === 1 ? 'fault' : 'faults'} per target and week, ${percent(share)} of the alarms would be right, at least ${percent(shareAtLeast)}.`,
            `A scorer with as many alarms at random finds ${percent(random.detectionRate)}, and ${percent(random.share)} of its alarms are right.`,
          ]),
  ];
  return section(view, `${policy}, ${counted(targets, 'target')}`, [
    ...table(view, columns, rows),
    ...sentences.flatMap((sentence) => wrapped(sentence, view.columns - 2, 0)),
  ]);
}

function rowOf(kind: string, { injected, detected, rate, delaySeconds }: Score): Cell[] {
  const seconds = (value: number | undefined): string => (value === undefined ? '–' : `${figure(value)} s`);
  return [
    kind,
    String(injected),
    String(detected),
    rate === undefined ? '–' : percent(rate),
    seconds(delaySeconds?.p50),
    seconds(delaySeconds?.p90),
  ];
}

const percent = (share: number): string => `${figure(share * 100)} %`;

/** Three significant digits. */
const figure = (value: number): string => String(Number(value.toPrecision(3)));
