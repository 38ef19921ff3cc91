import { expect } from 'chai';
import { formatJunit } from '../../../helpers/report/junit.ts';
import { expectGolden } from './golden.ts';
import { recordOf, records, samples } from './samples.ts';
import { find, parseXml, type Element } from './xml.ts';

const suitesOf = (xml: string): Element[] => find(parseXml(xml), 'testsuite');
const count = (element: Element, attribute: string): number => Number(element.attributes[attribute]);

describe('JUnit report', () => {
  for (const [name, record] of Object.entries(records)) {
    it(`gives a run with ${name} as the golden`, () => {
      expectGolden(`junit/${name}.xml`, formatJunit(record));
    });

    it(`counts what it holds: ${name}`, () => {
      const root = parseXml(formatJunit(record));
      for (const element of [root, ...find(root, 'testsuite')]) {
        expect(count(element, 'tests')).to.equal(find(element, 'testcase').length);
        expect(count(element, 'failures')).to.equal(find(element, 'failure').length);
        expect(count(element, 'errors')).to.equal(find(element, 'error').length);
        expect(count(element, 'skipped')).to.equal(find(element, 'skipped').length);
      }
      const untold = name === 'skip' ? 1 : 0;
      expect(count(root, 'tests')).to.equal(record.cases.length + untold);
      expect(count(root, 'failures')).to.equal(record.counts.fail);
      expect(count(root, 'errors')).to.equal(record.counts.error + untold);
      expect(count(root, 'skipped')).to.equal(record.counts.skip);
    });
  }

  it('has a testsuite for each folder and a dotted class name for each case', () => {
    const suites = suitesOf(formatJunit(records.all));
    expect(suites.map(({ attributes }) => attributes['name'])).to.deep.equal([
      'network-policy/peers',
      'network-policy/isolation',
      'network-policy/services',
      'network-policy/rules',
    ]);
    const [first] = suites.flatMap((suite) => find(suite, 'testcase'));
    expect(first?.attributes).to.deep.equal({
      classname: 'network-policy.peers.pod-and-namespace',
      name: samples.pass.title,
      file: samples.pass.file,
      time: '0.210',
    });
  });

  it('names the environment in every testsuite', () => {
    for (const suite of suitesOf(formatJunit(records.all))) {
      const properties = find(suite, 'property').map(
        ({ attributes }) => `${attributes['name']}=${attributes['value']}`,
      );
      expect(properties).to.include.members([
        'provider=lab',
        'plugin=reference',
        'nodes=2',
        'version of kernel=6.18.5',
      ]);
    }
  });

  it('stays well-formed and keeps the text, whatever stands in names and messages', () => {
    const title = 'a <b> & "c" \'d\' ]]> --> \u00fc \u{1f600}';
    const hostile = `${title}\n\u0000\u0001\u0008\u000b\u001b[31mred\u001b[0m\u007f\ud800\udc00\ud800\ufffe\uffff\ttab`;
    const entry = { ...samples.error, title: hostile, message: hostile, steps: [] };
    const root = parseXml(formatJunit(recordOf([entry])));
    const kept = `${title}\nred\u{10000}\ufffd\ttab`;
    expect(find(root, 'testcase')[0]?.attributes['name']).to.equal(kept);
    expect(find(root, 'error')[0]?.attributes['message']).to.equal(title);
    expect(find(root, 'error')[0]?.text).to.include(title).and.to.include('red\u{10000}\ufffd');
  });

  it('has an error for a run that could not be told although no case of it is red', () => {
    for (const [record, message] of [
      [recordOf([]), 'nothing was proved'],
      [records.skip, 'nothing was proved'],
      [{ ...records.pass, aborted: 'interrupted' }, 'aborted: interrupted'],
    ] as const) {
      const root = parseXml(formatJunit(record));
      expect(count(root, 'errors')).to.equal(1);
      expect(find(root, 'error').map(({ attributes }) => attributes['message'])).to.deep.equal([message]);
    }
    expect(find(parseXml(formatJunit({ ...records.error, aborted: 'interrupted' })), 'error')).to.have.length(
      1,
    );
  });
});

describe('the parser of these tests', () => {
  for (const broken of [
    '<a>',
    '<a></b>',
    '<a b=c/>',
    '<a b="<"/>',
    '<a b="1" b="2"/>',
    '<a>&nbsp;</a>',
    '<a>a & b</a>',
    '<a>]]></a>',
    '<a>\u0001</a>',
    '<a/><b/>',
    'text',
  ]) {
    it(`refuses ${JSON.stringify(broken)}`, () => {
      expect(() => parseXml(`<?xml version="1.0" encoding="UTF-8"?>\n${broken}\n`)).to.throw(SyntaxError);
    });
  }
});
