/** The path of a field as the reason of a condition: `spec.signals[0].metric` is `InvalidSignalsMetric`. */
export const reasonOf = (path: string): string =>
  `Invalid${path
    .replace(/^spec\.?/, '')
    .replaceAll(/\[[^\]]*\]/g, '')
    .split('.')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1).replaceAll(/[^A-Za-z0-9]/g, ''))
    .join('')}`;
