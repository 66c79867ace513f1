/**
 * The in-process API server over HTTP, for tests of whole programs: URLs, content types, Status objects, watch streams
 * and impersonation as a real one has them, for the kinds of `kube/resources.ts`.
 */
import type { ServerResponse } from 'node:http';
import {
  ApiError,
  type JsonPatchOperation,
  type KubeObject,
  type ListResult,
  type Patch,
  type Resource,
  type WatchEvent,
} from '../kube/api.ts';
import * as resources from '../kube/resources.ts';
import type { ApiRequest } from './api-request.ts';
import type { ApiServer } from './api-server.ts';
import { json, type HttpServer, type SeenRequest } from './http-server.ts';

const served = Object.values(resources).filter((value): value is Resource => typeof value === 'object');

const patchTypes: Readonly<Record<string, Patch['type']>> = {
  'application/merge-patch+json': 'merge',
  'application/json-patch+json': 'json',
  'application/apply-patch+yaml': 'apply',
};

/** Answers every request to `http` from `server`. Who asks without `Impersonate-User` is `user`. */
export function serveApi(http: HttpServer, server: ApiServer, user = 'alice'): void {
  http.answer = (response, request) => void answer(response, request, server, user);
}

async function answer(response: ServerResponse, request: SeenRequest, server: ApiServer, user: string): Promise<void> {
  try {
    const asked = understand(request, user);
    if (asked === undefined) {
      json(response, 404, { kind: 'Status', code: 404, message: 'the server could not find the requested resource' });
    } else if (asked.resource.kind === 'SelfSubjectReview') {
      json(response, 201, { ...resourceType(asked.resource), status: { userInfo: { username: asked.user } } });
    } else if (asked.verb === 'watch') {
      await stream(response, asked, server);
    } else if (asked.verb === 'list') {
      const { items, resourceVersion, continue: token } = (await server.serve(asked)) as ListResult<KubeObject>;
      json(response, 200, { ...resourceType(asked.resource), metadata: { resourceVersion, continue: token }, items });
    } else {
      const answered = await server.serve(asked);
      // Of a deletion the server itself says nothing; over HTTP it is a Status.
      json(response, asked.verb === 'create' ? 201 : 200, answered ?? { kind: 'Status', status: 'Success' });
    }
  } catch (error) {
    refuse(response, error, request);
  }
}

const resourceType = (resource: Resource): object => ({
  apiVersion: resources.apiVersionOf(resource),
  kind: resource.kind,
});

/** Undefined for a kind that is not served. */
function understand({ method, url, headers, body }: SeenRequest, otherwise: string): ApiRequest | undefined {
  const [, root, ...rest] = url.pathname.split('/').map(decodeURIComponent);
  const [group, version, ...path] = root === 'api' ? ['', ...rest] : rest;
  const namespace = path[0] === 'namespaces' && path.length > 2 ? path[1] : undefined;
  const [plural, name, subresource] = namespace === undefined ? path : path.slice(2);
  const resource = served.find((kind) => kind.group === group && kind.version === version && kind.plural === plural);
  if (resource === undefined) return undefined;
  const parameter = (key: string): string | undefined => url.searchParams.get(key) ?? undefined;
  const common = { resource, namespace, subresource, user: String(headers['impersonate-user'] ?? otherwise) };
  const write = { fieldManager: parameter('fieldManager'), dryRun: parameter('dryRun') !== undefined };
  const content = body === '' ? undefined : (JSON.parse(body) as unknown);
  switch (method) {
    case 'POST':
      return { ...common, verb: 'create', name: (content as KubeObject).metadata.name, body: content, options: write };
    case 'PUT':
      return { ...common, verb: 'replace', name, body: content, options: write };
    case 'PATCH': {
      const type = patchTypes[String(headers['content-type'])] ?? 'merge';
      const patch: Patch =
        type === 'json' ? { type, body: content as JsonPatchOperation[] } : { type, body: content as object };
      return { ...common, verb: 'patch', name, patch, options: write };
    }
    case 'DELETE':
      return { ...common, verb: 'delete', name, options: content as object };
  }
  if (name !== undefined) return { ...common, verb: 'get', name };
  const options = {
    namespace,
    labelSelector: parameter('labelSelector'),
    fieldSelector: parameter('fieldSelector'),
    limit: parameter('limit') === undefined ? undefined : Number(parameter('limit')),
    continue: parameter('continue'),
    resourceVersion: parameter('resourceVersion'),
  };
  return { ...common, verb: parameter('watch') === 'true' ? 'watch' : 'list', options };
}

async function stream(response: ServerResponse, asked: ApiRequest, server: ApiServer): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const options = { ...asked.options, timeoutSeconds: 300, signal: gone.signal };
  const events = (await server.serve({ ...asked, options })) as AsyncIterable<WatchEvent<KubeObject>>;
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.flushHeaders();
  for await (const event of events) response.write(`${JSON.stringify(event)}\n`);
  response.end();
}

function refuse(response: ServerResponse, error: unknown, { url }: SeenRequest): void {
  if (!(error instanceof ApiError) || error.status === 0) {
    response.destroy();
    return;
  }
  const { status: code, reason, message, details } = error;
  const name = code === 404 ? url.pathname.split('/').at(-1) : undefined;
  json(response, code, { kind: 'Status', code, reason, message, details: details ?? (name && { name }) });
}
