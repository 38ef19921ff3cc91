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

  it('of the type ExternalName have what the headless Service has that they name', () => {
    const [web, alias] = scenarioOf(
      spoil(
        ['features: [NetworkPolicy]', 'features: [NetworkPolicy, ServiceNames]'],
        [
          'steps:\n',
          `services:\n  x/alias: ${named('web.x')}\n  x/web: { port: 80, type: Headless, selector: { pod: b } }\nsteps:\n`,
        ],
        [
          '  - create: x/d',
          '      service-name TCP/80: |2\n             x/web x/alias\n        x/a   .      .\n        x/b   -      -\n        y/a   .      .\n  - create: x/d',
        ],
      ),
    ).services;
    expect(alias).to.deep.equal({ ...web, id: 'x/alias', name: 'alias', externalName: 'web' });
  });
});

const named = (service: string): string =>
  `{ type: ExternalName, externalName: ${service}.svc.cluster.local }`;

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
      '10:50: `type` must be ClusterIP, Headless, NodePort or ExternalName, got `LoadBalancer`',
    ],
    ['an empty selector', service('{ port: 80, selector: {} }'), '10:32: an empty selector selects no pods'],
    [
      'a headless Service that translates ports',
      service('{ port: 80, targetPort: 81, type: Headless, selector: { pod: b } }'),
      '10:34: a headless Service does not translate ports: `targetPort` is its `port`',
      '21:15: x/web is headless and has no address: its cells can only be `-`',
    ],
    [
      'a name for no headless Service of the namespace',
      service('{ port: 80, selector: { pod: b } }', [
        'x/web:',
        `x/alias: ${named('web.x')}\n  x/other: ${named('other.y')}\n  x/web:`,
      ]),
      '10:12: `externalName` of x/alias must be the name of a headless Service of its namespace, like first.x.svc.cluster.local, got `web.x.svc.cluster.local`',
      '11:12: `externalName` of x/other must be the name of a headless Service of its namespace, like first.x.svc.cluster.local, got `other.y.svc.cluster.local`',
    ],
    [
      'a name for a headless Service of another namespace',
      service('{ port: 80, selector: { pod: b } }', [
        'x/web:',
        `x/other: ${named('shop.y')}\n  y/shop: { port: 80, type: Headless, selector: { pod: a } }\n  x/web:`,
      ]),
      '10:12: `externalName` of x/other must be the name of a headless Service of its namespace, like first.x.svc.cluster.local, got `shop.y.svc.cluster.local`',
      '11:3: service y/shop is unused: no grid asserts a cell of it',
      '21:7: the grid lacks the column y/shop',
    ],
    [
      'a selector of a name',
      service('{ port: 80, selector: { pod: b } }', [
        'x/web:',
        'x/alias: { type: ExternalName, selector: { pod: a } }\n  x/web:',
      ]),
      '10:12: `externalName` of x/alias must be the name of a headless Service of its namespace, like first.x.svc.cluster.local, got nothing',
      '10:34: unknown key `selector`: known are type, externalName',
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
