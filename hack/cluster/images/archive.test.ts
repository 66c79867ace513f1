import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { imageFile, makeLayer, writeImage } from './archive.ts';

describe('image archive', () => {
  let directory = '';
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'image-'));
    for (const name of ['one', 'two']) {
      mkdirSync(join(directory, name));
      writeFileSync(join(directory, name, 'file'), 'content');
    }
    utimesSync(join(directory, 'two', 'file'), 1, 1);
  });
  after(() => rmSync(directory, { recursive: true }));

  it('has the same layer for the same content, whenever it was written', async () => {
    const one = await makeLayer(join(directory, 'one'), join(directory, 'one.tar'));
    const two = await makeLayer(join(directory, 'two'), join(directory, 'two.tar'));
    expect(one.digest).to.equal(two.digest);
    expect(createHash('sha256').update(readFileSync(one.file)).digest('hex')).to.equal(one.digest);
  });

  it('lists its layers, its references and what a container runs', async () => {
    const layer = await makeLayer(join(directory, 'one'), join(directory, 'layer.tar'));
    const file = join(directory, 'archives', 'image.tar');
    await writeImage(file, ['localhost/a:1', 'localhost/b:1'], [layer], { entrypoint: ['/a'], user: '65534:65534' });
    const member = (name: string): unknown =>
      JSON.parse(execFileSync('tar', ['-xOf', file, name], { encoding: 'utf8' }));
    expect(member('manifest.json')).to.deep.equal([
      { Config: 'config.json', RepoTags: ['localhost/a:1', 'localhost/b:1'], Layers: [`${layer.digest}.tar`] },
    ]);
    expect(member('config.json')).to.deep.include({ rootfs: { type: 'layers', diff_ids: [`sha256:${layer.digest}`] } });
    expect(member('config.json')).to.have.nested.property('config.User', '65534:65534');
    const listed = execFileSync('tar', ['-tvf', file], { encoding: 'utf8' });
    expect(listed, 'the layer itself, not a link to it').to.match(new RegExp(`^-.* ${layer.digest}\\.tar$`, 'm'));
  });

  it('is written again only when it is to hold something else, or is gone', async () => {
    const layer = await makeLayer(join(directory, 'one'), join(directory, 'layer.tar'));
    const file = join(directory, 'again', 'image.tar');
    const written = async (names: readonly string[], user: string): Promise<boolean> => {
      if (existsSync(file)) utimesSync(file, 1, 1);
      await writeImage(file, names, [layer], { user });
      return statSync(file).mtimeMs > 1000;
    };
    expect(await written(['localhost/a:1'], 'nobody')).to.equal(true);
    expect(await written(['localhost/a:1'], 'nobody')).to.equal(false);
    expect(await written(['localhost/b:1'], 'nobody')).to.equal(true);
    expect(await written(['localhost/b:1'], 'root')).to.equal(true);
    expect(await written(['localhost/b:1'], 'root')).to.equal(false);
    rmSync(file);
    expect(await written(['localhost/b:1'], 'root')).to.equal(true);
  });

  it('has a file name of its reference', () => {
    expect(imageFile('/i', 'localhost/homeostat-agent:dev')).to.equal('/i/localhost_homeostat-agent_dev.tar');
  });
});
