import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { root } from '../netpol.ts';

const folder = join(root, 'manifests/run');

type Stated = { kind: string; metadata: { name: string; namespace?: string } };

describe('the manifests with the rights of commands', () => {
  it('can be applied in any order: of what several have, all say the same', async () => {
    const files = (await readdir(folder)).filter((file) => file.startsWith('rbac'));
    const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
    const objects = texts
      .flatMap((text) => parseAllDocuments(text))
      .map((document) => document.toJS() as Stated);
    const stated = Map.groupBy(objects, ({ kind, metadata }) =>
      [kind, metadata.namespace ?? '', metadata.name].join(' '),
    );
    expect(stated.get('Namespace  netpol-conformance')).to.have.length(files.length);
    for (const [name, [first, ...others]] of stated)
      for (const other of others) expect(other, name).to.deep.equal(first);
  });
});
