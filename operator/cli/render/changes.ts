/** Recorded changes as a unified diff: the fields in their places, in YAML. */
import type { RecordedChange, StepStatus } from '../../../crds/remediation.ts';
import { isDeletion } from '../../actions/action.ts';
import { elementKeys, pointerKeys, valueOf } from '../../actions/json.ts';
import { diffLines, shortened, type DiffLine } from './diff-lines.ts';
import { yamlOf } from '../yaml.ts';
import { objectName } from './names.ts';
import { wrapped, type View } from './view.ts';

/** Fields of one object by their keys, down to those that change. */
interface Branch {
  change?: RecordedChange;
  readonly below: Map<string, Branch>;
}

const tones = { ' ': undefined, '-': 'removed', '+': 'added' } as const;

/** The diff of one step; of one that changes nothing a comment that says why. */
export function stepDiff({ name, action, state, message, changes = [] }: StepStatus, view: View): string[] {
  const { paint } = view;
  const what = `step ${name}${action === undefined ? '' : `, ${action}`}: ${state}`;
  if (changes.length === 0)
    return wrapped(`${what}${message === undefined ? '' : `: ${message}`}`, view.columns - 4, 2).map((line) =>
      paint('dim', `# ${line}`),
    );
  const byObject = Map.groupBy(changes, ({ object }) => `${object.kind}/${object.uid}`);
  const groups = [...byObject.values()];
  const ends = groups.filter(([first]) => first !== undefined && isDeletion(first));
  const left = new Set(few(ends).left);
  const lines = groups.filter((group) => !left.has(group)).flatMap((group) => objectDiff(group, what, view));
  return left.size === 0 ? lines : [...lines, paint('dim', `# and ${left.size} more that end; -o json has all`)];
}

/** So many of a kind are shown; of a node that is drained there are hundreds. */
const mostShown = 3;

/** The first few, and those that are left out, where that spares more than a line. */
export const few = <T>(all: readonly T[]): { readonly shown: readonly T[]; readonly left: readonly T[] } =>
  all.length <= mostShown + 1
    ? { shown: all, left: [] }
    : { shown: all.slice(0, mostShown), left: all.slice(mostShown) };

function objectDiff(changes: readonly RecordedChange[], what: string, { paint }: View): string[] {
  const [first] = changes;
  if (first === undefined) return [];
  const whole = changes.find(({ path }) => path === '');
  const name = objectName(first.object);
  const lines = whole === undefined ? branchLines(treeOf(changes), 0) : wholeLines(whole);
  return [
    paint('strong', `--- ${whole !== undefined && whole.from === undefined ? '/dev/null' : name}`),
    paint('strong', `+++ ${whole !== undefined && whole.to === undefined ? '/dev/null' : name}`),
    paint('hunk', `@@ ${what} @@`),
    ...lines.map(({ sign, text }) => {
      const tone = tones[sign];
      return tone === undefined ? `${sign}${text}` : paint(tone, `${sign}${text}`);
    }),
  ];
}

function treeOf(changes: readonly RecordedChange[]): Branch {
  const root: Branch = { below: new Map() };
  for (const change of changes) {
    let branch = root;
    for (const key of pointerKeys(change.path)) {
      const next = branch.below.get(key) ?? { below: new Map<string, Branch>() };
      branch.below.set(key, next);
      branch = next;
    }
    branch.change = change;
  }
  return root;
}

const indented = (lines: readonly string[], depth: number): string[] => lines.map((line) => '  '.repeat(depth) + line);

function branchLines({ below }: Branch, depth: number): DiffLine[] {
  return [...below].flatMap(([key, branch]): DiffLine[] => {
    if (branch.change === undefined) {
      const lines = branchLines(branch, depth + 1);
      lines.unshift(...indented(headings(key), depth).map((text) => ({ sign: ' ', text }) as const));
      return lines;
    }
    const { from, to } = branch.change;
    return shortened(diffLines(indented(entry(key, from), depth), indented(entry(key, to), depth)));
  });
}

function wholeLines({ from, to }: RecordedChange): DiffLine[] {
  return shortened(diffLines(yamlLines(parsed(from)), yamlLines(parsed(to))));
}

/** Above what stands below a key; an element of a list is known by its keys, as in `- name: app`. */
function headings(key: string): string[] {
  const keys = elementKeys(key);
  return keys === undefined ? [`${keyText(key)}:`] : yamlLines([Object.fromEntries(keys)]);
}

/** `replicas: 3`, or an element of a list; nothing for what is absent. */
function entry(key: string, text: string | undefined): string[] {
  if (text === undefined) return [];
  return yamlLines(elementKeys(key) === undefined ? { [key]: parsed(text) } : [parsed(text)]);
}

const yamlLines = (value: unknown): string[] => (value === undefined ? [] : yamlOf(value).split('\n'));

const keyText = (key: string): string => yamlOf({ [key]: 0 }).replace(/: 0$/, '');

/** The recorded value; a text that is no JSON is shown as it is. */
function parsed(text: string | undefined): unknown {
  try {
    return valueOf(text);
  } catch {
    return text;
  }
}
