import type { ConnectionOptions } from '@nats-io/transport-node';

/**
 * What a comma-separated list of URLs says to the client, which takes no user from a URL itself: the first user and
 * password found count for all servers.
 *
 * @example serversOf('nats://u:p@a:4222,nats://b:4222') // { servers: ['nats://a:4222', 'nats://b:4222'], user: 'u', pass: 'p' }
 */
export function serversOf(url: string): Pick<ConnectionOptions, 'servers' | 'user' | 'pass'> {
  const urls = url.split(',').map((each) => each.trim());
  const secured = urls.map((each) => URL.parse(each)).find((each) => each !== null && each.username !== '');
  return {
    servers: urls.map(withoutSecrets),
    ...(secured && { user: decodeURIComponent(secured.username), pass: decodeURIComponent(secured.password) }),
  };
}

/** The URLs as they may be logged. */
export const withoutSecrets = (url: string): string => url.replaceAll(/\/\/[^@/,]*@/g, '//');
