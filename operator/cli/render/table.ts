import { cut, padded, widthOf, type View } from './view.ts';

/** A column of a table; `shrinks` columns give way first when the table is too wide. */
export interface TableColumn {
  readonly title: string;
  readonly shrinks?: true;
  /** Only shown with `-o wide`. */
  readonly wide?: true;
}

/** A cell: a text, or one with its colour. */
export type Cell = string | { readonly text: string; readonly tone: Parameters<View['paint']>[0] };

const gap = 2;
const least = 8;
const textOf = (cell: Cell | undefined): string =>
  (typeof cell === 'string' ? cell : (cell?.text ?? '')).replaceAll(/\s+/g, ' ');

/** Lines of a table no wider than the view (less `indent`); columns that are empty throughout are left out. */
export function table(view: View, columns: readonly TableColumn[], rows: readonly Cell[][], indent = 2): string[] {
  const isShown = (column: TableColumn, index: number): boolean =>
    (view.wide || column.wide !== true) && rows.some((row) => textOf(row[index]) !== '');
  const shown = columns
    .map((column, index) => ({ column, index }))
    .filter(({ column, index }) => isShown(column, index));
  const natural = shown.map(({ column, index }) =>
    Math.max(widthOf(column.title), ...rows.map((row) => widthOf(textOf(row[index])))),
  );
  const widths = fit(
    natural,
    shown.map(({ column }) => column.shrinks === true),
    view.columns - indent,
  );
  const line = (cells: readonly Cell[], paintCell: (cell: Cell, text: string) => string): string =>
    cells
      .map((cell, at) => {
        const width = widths[at] ?? 0;
        const text = cut(textOf(cell), width);
        return paintCell(cell, at === cells.length - 1 ? text : padded(text, width));
      })
      .join(' '.repeat(gap))
      .trimEnd();
  const { paint } = view;
  return [
    line(
      shown.map(({ column }) => column.title),
      (_cell, text) => paint('dim', text),
    ),
    ...rows.map((row) =>
      line(
        shown.map(({ index }) => row[index] ?? ''),
        (cell, text) => (typeof cell === 'string' ? text : paint(cell.tone, text)),
      ),
    ),
  ];
}

/** Takes columns away from the widest, those that shrink first, until everything fits or nothing can give way. */
function fit(natural: readonly number[], shrinks: readonly boolean[], columns: number): number[] {
  const widths = [...natural];
  const total = (): number => widths.reduce((sum, width) => sum + width, 0) + gap * (widths.length - 1);
  for (const candidates of [shrinks, widths.map(() => true)]) {
    while (total() > columns) {
      const widest = Math.max(0, ...widths.filter((_, at) => candidates[at] === true));
      if (widest <= least) break;
      widths[widths.findIndex((width, at) => candidates[at] === true && width === widest)] = widest - 1;
    }
  }
  return widths;
}
