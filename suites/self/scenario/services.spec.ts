import { expect } from 'chai';
import { refuse, scenarioOf, spoil } from './sample.ts';

/** The sample with a Service and a grid of it. */
const service = (definition: string, ...more: [from: string, to: string][]): string =>
  spoil(
    ['features: [NetworkPolicy]', 'features: [NetworkPolicy, Services]'],
    ['steps:\n', `services:\n  x/web: ${definition}\nsteps:\n`],
    [
      '  - create: x/d',
      '      service TCP/80: |2\n             x/web\n        x/a   .\n        x/b   .\n        y/a   .\n  - create: x/d',
    ],
    ...more,
  );

describe('services', () => {
  it('are read with their defaults', () => {
    const { services } = scenarioOf(service('{ port: 80, selector: { pod: b } }'));
    expect(services).to.deep.equal([
      {
        id: 'x/web',
        namespace: 'x',
        name: 'web',
        type: 'ClusterIP',
        selector: { pod: 'b' },
        ports: [{ protocol: 'TCP', port: 80, targetPort: 80 }],
      },
    ]);
  });
});

describe('services refuse', () => {
  refuse([
    [
      'names outside x, y and z',
      service('{ port: 80, selector: { pod: b } }', ['x/web:', 'external/web:']),
      '10:3: service `external/web`: wanted a name like x/web in x, y, z',
      '20:14: column `x/web` is not a service of TCP/80 that exists at this step',
    ],
    [
      'unknown keys',
      service('{ port: 80, selector: { pod: b }, ports: 80 }'),
      '10:44: unknown key `ports`: did you mean `port`?',
    ],
    [
      'no port',
      service('{ selector: { pod: b } }'),
      '10:10: `port` must be a number, got nothing',
      '20:14: column `x/web` is not a service of TCP/80 that exists at this step',
    ],
    [
      'an unknown type',
      service('{ port: 80, selector: { pod: b }, type: LoadBalancer }'),
      '10:50: `type` must be ClusterIP, Headless or NodePort, got `LoadBalancer`',
    ],
    ['an empty selector', service('{ port: 80, selector: {} }'), '10:32: an empty selector selects no pods'],
    [
      'a headless Service that translates ports',
      service('{ port: 80, targetPort: 81, type: Headless, selector: { pod: b } }'),
      '10:34: a headless Service does not translate ports: `targetPort` is its `port`',
      '21:15: x/web is headless and has no address: its cells can only be `-`',
    ],
    [
      'a Service without pods',
      service('{ port: 80 }'),
      '21:15: no pod is behind x/web at this step: its cells can only be `-` or `X`',
    ],
    [
      'a Service that no grid asks',
      service('{ port: 80, selector: { pod: b } }', [
        'x/web:',
        'x/shop: { port: 82, selector: { pod: a } }\n  x/web:',
      ]),
      '10:3: service x/shop is unused: no grid asserts a cell of it',
    ],
  ]);
});
