import { expect } from 'chai';
import * as fc from 'fast-check';
import { parseDocuments, type ParsedDocument } from '../../../helpers/kube/yaml.ts';

const valueOf = (text: string): unknown => {
  const { documents, problems } = parseDocuments(text, 'file.yaml');
  expect(problems).to.deep.equal([]);
  return documents[0]?.value;
};

const problemsOf = (text: string): string[] =>
  parseDocuments(text, 'f').problems.map(({ line, column, message }) => `${line}:${column} ${message}`);

const firstOf = (text: string): ParsedDocument => {
  const [document] = parseDocuments(text, 'f').documents;
  if (document === undefined) throw new Error('no document');
  return document;
};

describe('YAML', () => {
  // The right side is what sigs.k8s.io/yaml makes of the left.
  const rows: [string, unknown][] = [
    ['yes', true], ['y', true], ['on', true], ['NO', false], ['n', false], ['off', false], ['true', true],
    ['0644', 420], ['0x1F', 31], ['0b11', 3], ['1_000', 1000], ['089', 89], ['+1', 1], ['1e3', 1000], ['.5', 0.5],
    ['~', null], ['', null], ['012:30', '012:30'], ['2001-01-01', '2001-01-01'], ['=', '='], ['"yes"', 'yes'], ['!Ref b', 'b'],
  ]; // prettier-ignore
  for (const [text, value] of rows)
    it(`reads \`${text}\` as Kubernetes does`, () => {
      expect(valueOf(`a: ${text}`)).to.deep.equal({ a: value });
    });

  it('makes keys strings as Kubernetes does', () => {
    expect(valueOf('y: 1\n80: 2')).to.deep.equal({ true: 1, 80: 2 });
  });

  it('expands anchors, aliases and merge keys', () => {
    expect(valueOf('a: &a {b: 1}\nc: *a\nd: {<<: *a, e: 2}')).to.deep.equal({
      a: { b: 1 },
      c: { b: 1 },
      d: { b: 1, e: 2 },
    });
  });

  it('reads several documents and leaves out those that hold nothing', () => {
    const { documents, problems } = parseDocuments('# only words\n---\n---\na: 1\n---\nb: 2\n---\n', 'f');
    expect(problems).to.deep.equal([]);
    expect(documents.map(({ value }) => value)).to.deep.equal([{ a: 1 }, { b: 2 }]);
    expect(documents[1]?.positionOf(['b'])).to.deep.equal({ line: 6, column: 4 });
    expect(parseDocuments('', 'f')).to.deep.equal({ documents: [], problems: [] });
  });

  it('reads JSON, also with tabs', () => {
    expect(valueOf('{\n\t"a": [1,\n\t\t"\\ud83d\\ude00\\t"]\n}\n')).to.deep.equal({ a: [1, '😀\t'] });
    expect(firstOf('{\n\t"a": [1,\n\t\t"b"]\n}\n').positionOf(['a', 1])).to.deep.equal({
      line: 3,
      column: 3,
    });
  });

  it('names line and column of what is wrong', () => {
    expect(problemsOf('a: 1\nb: 2\na: 3\n')).to.deep.equal(['3:1 Map keys must be unique']);
    expect(problemsOf('y: 1\non: 2\n')).to.deep.equal(['2:1 Map keys must be unique']);
    expect(problemsOf('a:\n\tb: 1\n')).to.deep.equal(['2:1 Tabs are not allowed as indentation']);
    expect(problemsOf('a: *x\nb: &x 1\nc: *y\n')).to.deep.equal([
      '1:4 the alias *x has no anchor &x before it',
      '3:4 the alias *y has no anchor &y before it',
    ]);
    expect(problemsOf('a: [1\n')[0]).to.match(/^2:1 Flow sequence/);
    expect(problemsOf('a: @x\n')[0]).to.match(/^1:4 /);
    expect(parseDocuments('a: [', 'some/file.yaml').problems[0]?.file).to.equal('some/file.yaml');
  });

  it('keeps the good documents beside a bad one', () => {
    const { documents, problems } = parseDocuments('a: 1\n---\nb: 1\nb: 2\n---\nc: 3\n', 'f');
    expect(documents.map(({ value }) => value)).to.deep.equal([{ a: 1 }, { c: 3 }]);
    expect(problems.map(({ line }) => line)).to.deep.equal([4]);
  });

  it('refuses texts that grow without bounds', () => {
    const bomb = [
      'a: &a [x]',
      ...'bcdefgh'.split('').map((name, index) => {
        const before = 'abcdefgh'[index];
        return `${name}: &${name} [${Array(9).fill(`*${before}`).join(',')}]`;
      }),
    ].join('\n');
    expect(problemsOf(bomb)).to.deep.equal([
      '1:1 aliases (*name) repeat so much content that the document is refused',
    ]);
    expect(problemsOf('a: &a [*a]')).to.deep.equal(['1:1 an anchor contains an alias to itself']);
    expect(problemsOf('['.repeat(50_000)).map((text) => text.replace(/^\S+ /, ''))).to.deep.equal([
      'the document is nested too deeply',
    ]);
  });

  it('finds values and keys', () => {
    const { positionOf, keyPositionOf } = firstOf(
      'kind: A\nspec:\n  y: [{k: v}, 2]\n  empty:\n  link: &l {q: 1}\n  to: *l\n',
    );
    expect(positionOf(['spec', 'true', 0, 'k'])).to.deep.equal({ line: 3, column: 11 });
    expect(keyPositionOf(['spec', 'true', 0, 'k'])).to.deep.equal({ line: 3, column: 8 });
    expect(keyPositionOf(['spec', 'true'])).to.deep.equal({ line: 3, column: 3 });
    expect(keyPositionOf(['spec', 'true', 1])).to.deep.equal({ line: 3, column: 15 });
    expect(positionOf(['spec', 'to'])).to.deep.equal({ line: 6, column: 7 });
    expect(positionOf(['spec', 'to', 'q'])).to.deep.equal({ line: 5, column: 16 });
    expect(keyPositionOf(['spec', 'empty'])).to.deep.equal({ line: 4, column: 3 });
  });

  it('falls back to the nearest ancestor', () => {
    const { positionOf, keyPositionOf } = firstOf('kind: A\nspec:\n  list: [1]\n');
    expect(positionOf(['spec', 'none', 0, 'x'])).to.deep.equal({ line: 3, column: 3 });
    expect(keyPositionOf(['spec', 'none'])).to.deep.equal({ line: 2, column: 1 });
    expect(positionOf(['spec', 'list', 7])).to.deep.equal({ line: 3, column: 9 });
    expect(positionOf(['kind', 'x'])).to.deep.equal({ line: 1, column: 7 });
    expect(positionOf([])).to.deep.equal({ line: 1, column: 1 });
    expect(firstOf('a: 1\nb: {c}').positionOf(['b', 'c'])).to.deep.equal({ line: 2, column: 5 });
  });

  it('never throws, whatever the text', () => {
    const pieces = fc.constantFrom(
      'a',
      ':',
      ' ',
      '\n',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '*a',
      '&a',
      '"',
      "'",
      '|',
      '>',
      '\t',
      '---',
      '? ',
      '!x',
      '<<',
      '#',
      '%',
      '\u0000',
      '0',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(pieces).map((parts) => parts.join('')),
          fc.string(),
        ),
        (text) => {
          const { documents, problems } = parseDocuments(text, 'f');
          for (const { line, column } of problems)
            expect([line, column].every((at) => at !== undefined && at >= 1)).to.equal(true);
          for (const { positionOf } of documents) expect(positionOf(['a', 0]).line).to.be.greaterThan(0);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
