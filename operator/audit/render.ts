/** What a verification found, for people. */
import type { ChainReport, Problem } from './verify.ts';

/** Lines for a terminal: one for each chain, and under it its problems, the first bad one first. */
export const renderReports = (reports: readonly ChainReport[]): string =>
  reports.length === 0 ? 'nothing is sealed yet\n' : `${reports.flatMap(renderChain).join('\n')}\n`;

function renderChain({ namespace, links, forgotten, hash, unsealed, problems }: ChainReport): string[] {
  const kept = forgotten === 0 ? '' : `, ${forgotten} of them forgotten by retention or deletion`;
  const state = problems.length === 0 ? 'intact' : `BROKEN at link ${problems[0]?.sequence}`;
  return [
    `${namespace}: ${state}; ${links} link${links === 1 ? '' : 's'}${kept}; hash ${hash}`,
    ...problems.map((problem) => `  ${describeProblem(problem)}`),
    ...(unsealed.length === 0 ? [] : [`  not sealed yet: ${unsealed.join(', ')}`]),
  ];
}

/** One problem in a line, such as `link 17, shop/cart-4f1d: Removed: it was removed, and not by retention`. */
export const describeProblem = ({ kind, namespace, sequence, name, message }: Problem): string =>
  `link ${sequence}, ${namespace}/${name ?? '(unknown)'}: ${kind}: ${message}`;
