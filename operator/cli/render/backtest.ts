/** A backtest for people. */
import type {
  AttemptReport,
  BacktestReport,
  EpisodeReport,
  IncidentReport,
  PolicyReport,
} from '../../replay/backtest/report.ts';
import { duration, moment } from './times.ts';
import { counted, section, wrapped, type View } from './view.ts';

/** What was judged, then each policy with its episodes, then what was not simulated. */
export function backtestLines(report: BacktestReport, given: View): string[] {
  // Times of the day on which it ends need no date.
  const view = { ...given, nowMs: Date.parse(report.until) };
  const { since, until, full, frames, missedFrames, lostFrames, unboundRows, policies, guardsNotAsked } = report;
  const lost = Object.entries(lostFrames).map(([what, count]) => `${count} ${what}`);
  const quality = [
    counted(frames, 'frame'),
    ...(missedFrames > 0 ? [`${missedFrames} missing`] : []),
    ...lost,
    ...(unboundRows > 0 ? [`${counted(unboundRows, 'row')} of objects that are not in the recording`] : []),
  ];
  const span = Date.parse(until) - Date.parse(since);
  const filling = Date.parse(full) - Date.parse(since);
  return [
    `${moment(since, given.nowMs)} to ${moment(until, given.nowMs)} (${duration(span)}): ${quality.join(', ')}`,
    ...(filling > 0 ? [view.paint('dim', `windows fill until ${moment(full, view.nowMs)}`)] : []),
    ...policies.flatMap((policy) => policyLines(policy, view)),
    ...(guardsNotAsked.length === 0
      ? []
      : [
          '',
          ...wrapped(
            `Not simulated: the effect of what a plan does (the recording goes on as it was), approvals, other plans’ Remediations, and the guards ${guardsNotAsked.join(', ')}.`,
            view.columns,
            0,
          ).map((line) => view.paint('dim', line)),
        ]),
  ];
}

/** Why nothing was judged. */
export const noTargets =
  'it selects nothing that was recorded: outside the operator’s own namespace a policy judges its own only (-n says which)';

function policyLines(report: PolicyReport, view: View): string[] {
  const { policy, fired, targets, unknownMetrics = [], expressionError, withoutEpisode, mode, shedSeconds } = report;
  const matched = Object.values(targets).reduce((sum, count) => sum + count, 0);
  const observes = mode === 'Observe' ? ' (it only observes: nothing would follow)' : '';
  const lines = [
    ...(fired.length === 0 ? ['never fires'] : []),
    ...(matched === 0 && fired.length === 0 ? wrapped(noTargets, view.columns - 2, 0) : []),
    ...fired.flatMap((episode) => episodeLines(episode, report, view)),
    ...(withoutEpisode ?? []).map(
      (incident) =>
        `${view.paint('warn', '≠')} ${moment(incident.opened, view.nowMs)}  ${incident.target}: ${incident.name} was opened, and it does not fire here`,
    ),
    ...unknownMetrics.map((metric) => view.paint('warn', `nothing recorded tells of ${metric}`)),
    ...(shedSeconds === undefined
      ? []
      : wrapped(
          `the operator did not keep up and did not judge it for ${duration(shedSeconds * 1000)}; here it is judged throughout`,
          view.columns - 2,
          0,
        ).map((line) => view.paint('warn', line))),
    ...(expressionError === undefined ? [] : [view.paint('bad', `its expression failed: ${expressionError}`)]),
  ];
  return section(view, `${policy}, ${counted(matched, 'target')}${observes}`, lines);
}

function episodeLines(episode: EpisodeReport, { withoutEpisode }: PolicyReport, view: View): string[] {
  const { fired, cleared, name, confidence, because, early, route, routeProblems, missingPlan, attempts } = episode;
  const lasted =
    cleared === undefined
      ? 'fires to the end'
      : `${episode.end === 'TargetGone' ? 'gone' : 'cleared'} after ${duration(Date.parse(cleared) - Date.parse(fired))}`;
  const details = [
    ...because,
    ...(early === true ? ['windows were not full yet: it may have begun before the recording'] : []),
    routeText(route),
    ...(routeProblems ?? []),
    ...(missingPlan === undefined
      ? []
      : [`RemediationPlan ${missingPlan} was not given, and what it would do is not told`]),
    ...attempts.flatMap((attempt) => attemptTexts(attempt, view)),
    ...(withoutEpisode === undefined ? [] : [realText(episode.incident)]),
  ];
  return [
    `${view.paint('bad', '●')} ${moment(fired, view.nowMs)}  ${name}: ${lasted}; confidence ${confidence}`,
    ...details.flatMap((text) => wrapped(`    ${text}`, view.columns - 2, 6)),
  ];
}

const routeText = (route: object | undefined): string => {
  const { to, plan, notifier } = (route ?? {}) as { to?: string; plan?: string; notifier?: string };
  return to === undefined
    ? 'no route matches'
    : `→ ${[to, plan, notifier].filter((word) => word !== undefined).join(' ')}`;
};

function attemptTexts({ attempt, plan, is, ready, blocked, ended }: AttemptReport, view: View): string[] {
  const at = moment(ready, view.nowMs);
  const what = {
    Begins: `begins at ${at}`,
    Asks: `people are asked; from ${at} on the guards let it`,
    Records: `is written down at ${at}, and nothing is changed`,
    Blocked: 'does not begin before the episode is over',
  }[is];
  const then =
    ended === undefined
      ? ''
      : `; in the recording the target ${ended.is === 'Recovered' ? 'recovered by' : 'still fired at'} ${moment(ended.at, view.nowMs)}`;
  return [
    `attempt ${attempt} of ${plan}: ${what}${then}`,
    ...blocked.map(
      ({ guard, message, from, until }) =>
        `  held by ${guard} ${moment(from, view.nowMs)}–${moment(until, view.nowMs)}: ${message}`,
    ),
  ];
}

function realText(incident: IncidentReport | undefined): string {
  if (incident === undefined) return '≠ the cluster has no Incident of it';
  const { name, laterSeconds = 0, remediations, verdict } = incident;
  const apart = `${laterSeconds < 0 ? '−' : '+'}${Math.abs(laterSeconds).toFixed(1)} s`;
  return [`= Incident ${name} (${apart})`, ...remediations, ...(verdict === undefined ? [] : [verdict])].join(', ');
}
