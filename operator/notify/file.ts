/**
 * The notifiers file: who may be told, and whom the action webhook may call. The administrator's alone, because it holds
 * secrets; plans and policies only know the names in it.
 *
 * ```yaml
 * notifiers:
 *   - {name: oncall, pagerDuty: {routingKey: R0123456789ABCDEF}}
 *   - {name: chat, slack: {url: "https://hooks.slack.com/services/T0/B0/x"}}
 * webhooks:
 *   - {host: hooks.example.com, secret: s3cret}
 * ```
 */
import { parse } from 'yaml';
import { label, union } from '../../crds/fragments.ts';
import { brokenRules } from '../../crds/rules.ts';
import { completeValue } from '../../crds/structure.ts';
import type { Schema } from '../../engine/schema.ts';
import { bind, notifiers, type BoundNotifier, type NotifierKind } from './registry.ts';
import { secret } from './settings.ts';

const kinds = Object.fromEntries(Object.entries(notifiers).map(([kind, { schema }]) => [kind, schema])) as Record<
  NotifierKind,
  Schema
>;
const kind = union('kind of notifier', 'A notifier: its name and exactly one kind with its settings.', kinds);

const schema = {
  type: 'object',
  description: 'Who may be told, and whom the action webhook may call.',
  properties: {
    notifiers: {
      type: 'array',
      maxItems: 64,
      description: 'The notifiers, by the names under which policies and plans know them.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        ...kind,
        required: ['name'],
        properties: { name: label('Its name, such as oncall.'), ...kind.properties },
      },
    },
    webhooks: {
      type: 'array',
      maxItems: 64,
      description: 'The hosts that the action webhook may call; none is called that is not here.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['host'],
      items: {
        type: 'object',
        description: 'One host.',
        required: ['host'],
        properties: {
          host: {
            type: 'string',
            minLength: 1,
            maxLength: 300,
            description: 'Its name, with its port if that is not the usual one. Example: hooks.example.com:8443.',
            'x-kubernetes-validations': [
              {
                rule: "self.matches('^[a-z0-9.-]+(:[0-9]+)?$')",
                message: 'must be a host in lower-case letters, such as "hooks.example.com" or "10.0.0.7:8080"',
              },
            ],
          },
          secret: secret('Signs each request.'),
          allowHttp: { type: 'boolean', default: false, description: 'Whether it may be called without TLS.' },
        },
      },
    },
  },
} as const satisfies Schema;

/** A host that the action webhook may call. */
export interface AllowedHost {
  readonly host: string;
  readonly secret?: string | undefined;
  readonly allowHttp: boolean;
}

/** What the file says. */
export interface Outsiders {
  readonly notifiers: ReadonlyMap<string, BoundNotifier>;
  readonly webhooks: ReadonlyMap<string, AllowedHost>;
}

/** What the file says of calling this address; or why it may not be called. */
export function allowedHost({ webhooks }: Outsiders, address: string): AllowedHost | { readonly problem: string } {
  const url = URL.parse(address);
  if (url === null || url.username !== '' || url.password !== '')
    return { problem: 'this is no URL that can be called' };
  const found = webhooks.get(url.host);
  if (found === undefined)
    return {
      problem: `${url.host} may not be called: it is not among the webhooks in the notifiers file of the operator`,
    };
  if (url.protocol !== 'https:' && !found.allowHttp)
    return {
      problem: `${url.host} may only be called by https, unless its entry in the notifiers file says allowHttp: true`,
    };
  return found;
}

export const nobody: Outsiders = { notifiers: new Map(), webhooks: new Map() };

interface Content {
  readonly notifiers?: readonly ({ readonly name: string } & Record<string, unknown>)[];
  readonly webhooks?: readonly AllowedHost[];
}

/** What a file with this text says, or what is wrong with it. No value of it stands in a problem: it holds secrets. */
export function parseOutsiders(text: string): Outsiders | { readonly problem: string } {
  let content: unknown;
  try {
    content = parse(text) ?? {};
  } catch (error) {
    const at = error instanceof Error && 'linePos' in error ? lineOf(error.linePos) : '';
    return { problem: `is not YAML${at}` };
  }
  const structure = completeValue(schema, content);
  const problems = structure.length > 0 ? structure : brokenRules(schema, content);
  if (problems.length > 0)
    return { problem: problems.map(({ path, message }) => `${path === '' ? 'the file' : path} ${message}`).join('; ') };
  const { notifiers = [], webhooks = [] } = content as Content;
  return {
    notifiers: new Map(notifiers.map(({ name, ...settings }) => [name, bind(settings)])),
    webhooks: new Map(webhooks.map((host) => [host.host, host])),
  };
}

const lineOf = (position: unknown): string => {
  const line = Array.isArray(position) ? (position[0] as { line?: unknown } | undefined)?.line : undefined;
  return typeof line === 'number' ? ` (line ${line})` : '';
};
