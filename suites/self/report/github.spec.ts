import { expect } from 'chai';
import { formatAnnotations, formatStepSummary } from '../../../helpers/report/github.ts';
import { expectGolden } from './golden.ts';
import { recordOf, records, samples } from './samples.ts';

describe('GitHub report', () => {
  for (const [name, record] of Object.entries(records))
    it(`gives a run with ${name} as the goldens`, () => {
      expectGolden(`github/${name}.md`, formatStepSummary(record));
      expectGolden(`github/${name}.txt`, [...formatAnnotations(record), ''].join('\n'));
    });

  it('annotates the line of the step that shows what differs', () => {
    expect(formatAnnotations(records.fail)).to.have.length(1);
    expect(formatAnnotations(records.fail)[0]).to.match(
      /^::error file=manifests\/scenarios\/network-policy\/peers\/pod-and-namespace-again\.yaml,line=6,title=fail%3A network-policy\/peers\/pod-and-namespace-again::A peer with both selectors still admits.*%0A4 of /,
    );
    expect(formatAnnotations(records.pass)).to.deep.equal([]);
    expect(formatAnnotations(records.skip)).to.deep.equal([]);
  });

  it('annotates no more than GitHub shows, and says how many are left', () => {
    const many = Array.from({ length: 12 }, (_, index) => ({ ...samples.fail, name: `x/${index}` }));
    const lines = formatAnnotations(recordOf(many));
    expect(lines).to.have.length(10);
    expect(lines.at(-1)).to.equal('::error ::3 more cases are red; the summary of this step names them');
    expect(formatAnnotations(recordOf(many.slice(0, 10)))).to.have.length(10);
  });

  it('keeps a summary below what GitHub takes, whatever is in it', () => {
    const message = 'x'.repeat(100_000);
    const many = Array.from({ length: 200 }, (_, index) => ({
      ...samples.error,
      name: `x/${index}`,
      message,
    }));
    const text = formatStepSummary(recordOf(many));
    expect(Buffer.byteLength(text)).to.be.below(1024 * 1024);
    expect(text).to.include('<code>x/199</code>');
  });

  it('lets no name and no message become a command, or Markdown, or HTML', () => {
    const hostile = {
      ...samples.error,
      file: 'a,line=1::b.yaml',
      name: '<script>x</script>',
      title: 'one\n::add-mask::two',
      message: '````\n</details>\n# heading',
    };
    const [line = '', ...others] = formatAnnotations(recordOf([hostile]));
    expect(others).to.deep.equal([]);
    expect(line).not.to.include('\n');
    expect(line).to.match(/^::error file=a%2Cline=1%3A%3Ab\.yaml,/);
    const text = formatStepSummary(recordOf([hostile]));
    // The message stands within a longer fence than its own, and nothing raw outside of it.
    const [before = '', within = '', after] = text.split(/^`{5}(?:text)?$/m);
    expect(within).to.include('\n  ````\n').and.include('# heading');
    expect(`${before}${after}`).to.include('&lt;script&gt;').and.not.include('<script>');
  });
});
