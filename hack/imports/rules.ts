/** Which way imports may go. Rooms are named by the start of their path; the longest match is a file's room. */
export interface Room {
  readonly path: string;
  /** Rooms of the project it may import, besides itself. */
  readonly may: readonly string[];
  /** Rooms whose types it may name (`import type`), but whose code it never runs. */
  readonly mayType?: readonly string[];
  /** Packages and built-ins it may import; `*` is anything. */
  readonly packages: readonly string[];
}

const pure = ['@bufbuild/cel'] as const;

export const rooms: readonly Room[] = [
  { path: 'engine', may: ['engine/keyed'], packages: pure },
  // A collection: nothing of what is judged.
  { path: 'engine/keyed', may: [], packages: [] },
  { path: 'crds', may: ['engine'], packages: [...pure, 'ajv'] },
  { path: 'agents', may: ['engine', 'wire'], packages: ['*', '!@kubernetes/client-node'] },
  { path: 'wire', may: ['engine'], packages: ['*', '!@kubernetes/client-node'] },
  { path: 'operator/actions', may: ['crds', 'engine'], mayType: ['operator/kube'], packages: [] },
  {
    path: 'operator/decide',
    may: ['operator/actions', 'crds', 'engine'],
    mayType: ['operator/kube'],
    packages: ['croner'],
  },
  { path: 'operator/audit', may: ['crds', 'engine'], packages: [] },
  { path: 'operator/kube', may: ['engine/keyed'], packages: ['*'] },
  { path: 'operator/observe', may: ['operator/kube'], mayType: ['operator'], packages: ['*'] },
  {
    path: 'operator/ingest',
    may: ['operator/kube', 'operator/observe', 'engine', 'engine/keyed', 'crds', 'wire'],
    packages: ['*'],
  },
  {
    path: 'operator/notify',
    may: ['operator/actions', 'operator/kube', 'operator/observe', 'engine', 'crds', 'wire'],
    packages: ['*'],
  },
  {
    path: 'operator/controllers',
    may: [
      'operator/notify',
      'operator/decide',
      'operator/actions',
      'operator/audit',
      'operator/kube',
      'operator/ingest',
      'operator/observe',
      'crds',
      'engine',
    ],
    packages: ['*'],
  },
  {
    path: 'operator/history',
    may: ['operator/ingest', 'operator/kube', 'operator/observe', 'engine', 'wire'],
    packages: ['*', '!@kubernetes/client-node', '!winston'],
  },
  {
    path: 'operator/trace',
    may: ['operator/controllers', 'operator/notify', 'operator/kube', 'crds', 'wire'],
    packages: ['prom-client', 'node:crypto'],
  },
  {
    path: 'operator/replay',
    may: [
      'operator/controllers',
      'operator/decide',
      'operator/actions',
      'operator/ingest',
      'operator/kube',
      'crds',
      'engine',
      'wire',
    ],
    packages: ['*', '!@kubernetes/client-node', '!prom-client', '!winston'],
  },
  {
    path: 'operator/cli',
    may: [
      'operator/replay',
      'operator/history',
      'operator/kube',
      'operator/decide',
      'operator/actions',
      'operator/audit',
      'wire',
      'crds',
      'engine',
    ],
    packages: ['*', '!@kubernetes/client-node', '!prom-client', '!winston'],
  },
  {
    path: 'operator/cli/testing',
    may: ['operator/cli', 'operator/testing', 'operator/kube', 'crds'],
    packages: ['*'],
  },
  // The simulation is the operator and the world around it.
  { path: 'operator/simulation', may: ['*'], packages: ['*'] },
  { path: 'operator/testing', may: ['operator/notify', 'operator/kube', 'crds', 'engine'], packages: ['*'] },
  {
    path: 'operator',
    may: [
      'operator/decide',
      'operator/actions',
      'operator/audit',
      'operator/kube',
      'operator/ingest',
      'operator/observe',
      'operator/notify',
      'operator/controllers',
      'operator/history',
      'operator/trace',
      'operator/cli',
      'crds',
      'engine',
      'wire',
    ],
    packages: ['*'],
  },
  // What stands around the product may use all of it.
  { path: 'hack', may: ['*'], packages: ['*'] },
  { path: 'e2e', may: ['*'], packages: ['*'] },
  { path: 'charts', may: ['*'], packages: ['*'] },
];

/** One import statement of one file; `target` is a path from the repository's root, or a package. */
export interface Import {
  readonly file: string;
  readonly target: string;
  readonly typeOnly: boolean;
  readonly relative: boolean;
}

const statement =
  /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[^'"();]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

/** The imports that a source text makes, with relative ones resolved against `file`. */
export const importsOf = (file: string, source: string): Import[] => {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\n)\s*\/\/[^\n]*/g, '$1');
  return [...code.matchAll(statement)].map((match) => {
    const specifier = match[2] ?? match[3] ?? '';
    const relative = specifier.startsWith('.');
    return {
      file,
      typeOnly: match[1] !== undefined,
      relative,
      target: relative ? resolve(file, specifier) : specifier,
    };
  });
};

/** Why this import is not allowed, or nothing. Tests may import anything. */
export const problemOf = (item: Import): string | undefined => {
  if (/\.(test|bench)\.ts$/.test(item.file)) return undefined;
  const from = roomOf(item.file);
  if (from === undefined) return `${item.file} is in no room of hack/imports/rules.ts: add its folder there`;
  if (!item.relative) {
    if (allows(from.packages, packageName(item.target))) return undefined;
    return `${item.file} imports ${item.target}: ${from.path} may import ${from.packages.join(', ') || 'no package'}`;
  }
  const to = roomOf(item.target);
  if (to === from || (to !== undefined && allows(from.may, to.path))) return undefined;
  if (to !== undefined && item.typeOnly && from.mayType?.includes(to.path)) return undefined;
  return `${item.file} imports ${item.target}: ${from.path} may import ${from.may.join(', ') || 'nothing else of the project'}`;
};

const allows = (list: readonly string[], name: string): boolean =>
  !list.includes(`!${name}`) && (list.includes(name) || list.includes('*'));

const roomOf = (file: string): Room | undefined =>
  rooms.filter((room) => file.startsWith(`${room.path}/`)).toSorted((a, b) => b.path.length - a.path.length)[0];

const packageName = (specifier: string): string =>
  specifier.startsWith('@') ? specifier.split('/').slice(0, 2).join('/') : (specifier.split('/')[0] ?? specifier);

const resolve = (file: string, specifier: string): string => {
  const parts = file.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
};
