import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { download, releaseUrl, type Wanted } from './download.ts';

describe('download', () => {
  let directory = '';
  let server: Server;
  let host = '';
  const bodies = new Map<string, Buffer>();

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'download-'));
    server = createServer((request, response) => {
      const body = bodies.get(request.url ?? '');
      response.writeHead(body === undefined ? 404 : 200).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    host = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
    bodies.set('/v1.2.3/tool-amd64', Buffer.from('#!tool'));
    bodies.set('/tools.tgz', archive());
  });
  after(() => {
    server.close();
    rmSync(directory, { recursive: true });
  });

  /** An archive like those of the projects: programs below a directory, among other files. */
  function archive(): Buffer {
    const content = join(directory, 'content', 'tools-1.2.3', 'bin');
    mkdirSync(content, { recursive: true });
    for (const name of ['a', 'b', 'README']) writeFileSync(join(content, name), name);
    return execFileSync('tar', ['-cz', '-C', join(directory, 'content'), 'tools-1.2.3']);
  }

  const digestOf = (path: string, algorithm = 'sha256'): string =>
    `${algorithm}:${createHash(algorithm)
      .update(bodies.get(path) ?? '')
      .digest('hex')}`;
  const tool = (change: Partial<Wanted['release']> = {}): Wanted => ({
    release: { url: `${host}/v{version}/tool-{arch}`, digests: { amd64: digestOf('/v1.2.3/tool-amd64') }, ...change },
    version: '1.2.3',
    architecture: 'amd64',
    programs: ['tool'],
  });
  const target = (name: string): string => join(directory, name);
  const failure = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'no failure',
      (error: Error) => error.message,
    );

  it('names the release of a version and architecture', () => {
    expect(releaseUrl(tool())).to.equal(`${host}/v1.2.3/tool-amd64`);
  });

  it('fetches a program and makes it executable', async () => {
    await download(tool(), target('one'));
    expect(readFileSync(join(target('one'), 'tool'), 'utf8')).to.equal('#!tool');
    expect(statSync(join(target('one'), 'tool')).mode & 0o777).to.equal(0o755);
  });

  it('takes only the programs out of an archive, also with SHA-512', async () => {
    const release = {
      url: `${host}/tools.tgz`,
      directory: 'tools-{version}/bin',
      digests: { amd64: digestOf('/tools.tgz', 'sha512') },
    };
    await download({ ...tool(), release, programs: ['a', 'b'] }, target('two'));
    expect(readdirSync(target('two'))).to.deep.equal(['a', 'b']);
  });

  it('refuses content that has another checksum, and keeps nothing of it', async () => {
    const wrong = `sha256:${'0'.repeat(64)}`;
    expect(await failure(download(tool({ digests: { amd64: wrong } }), target('three')))).to.match(
      /tool-amd64 has the sha256 [0-9a-f]{64}, but 0{64} is pinned; it is not used$/,
    );
    expect(readdirSync(target('three'))).to.deep.equal([]);
  });

  it('asks nobody when no checksum is pinned', async () => {
    expect(await failure(download(tool({ digests: {} }), target('four')))).to.equal('no checksum is pinned for amd64');
  });

  it('says the status of a file that is not there', async () => {
    expect(await failure(download(tool({ url: `${host}/nothing` }), target('five')))).to.match(/: status 404$/);
  });

  it('says why a host cannot be reached', async () => {
    expect(await failure(download(tool({ url: 'http://127.0.0.1:1/x' }), target('six')))).to.match(/^127.0.0.1:1: .*/);
  });
});
