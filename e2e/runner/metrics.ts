/**
 * The samples of a page in the Prometheus text format, by name and labels as they are written there.
 *
 * @example parseMetrics('a_total{x="1"} 2\n').get('a_total{x="1"}') // 2
 */
export const parseMetrics = (page: string): ReadonlyMap<string, number> =>
  new Map(
    page
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line): [string, number] => {
        const end = line.lastIndexOf('}') + 1 || line.indexOf(' ');
        const [value] = line.slice(end).trim().split(' ');
        return [line.slice(0, end), Number(value)];
      }),
  );
