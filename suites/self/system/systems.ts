import * as fc from 'fast-check';
import type { NetworkPolicy } from '../../../helpers/kube/types.ts';
import type { Delivery, Link, Objects, System } from '../../../helpers/system/system.ts';

// Small systems: each component has a namespace with a pod, and policies that admit others by labels, which change.

const nothing: Objects = { namespaces: [], pods: [], services: [], policies: [] };

const nameOf = (index: number): string => `c${index}`;
const podOf = (index: number): string => `${nameOf(index)}/p`;

const policy = (namespace: string, name: string, from: object[] | undefined): NetworkPolicy => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { namespace, name },
  spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: from === undefined ? [] : [{ from }] },
});

type Shape = {
  label: string;
  exists: boolean;
  isolates: boolean;
  admits: readonly string[];
  opensIn: readonly number[];
  needs: readonly number[];
  opens: readonly number[];
  closes: readonly number[];
  after: readonly number[];
};

const anyShape = (count: number): fc.Arbitrary<Shape> => {
  const some = fc.subarray([...Array(count).keys()], { maxLength: 2 });
  return fc.record({
    label: fc.constantFrom('red', 'blue'),
    exists: fc.constantFrom(true, true, true, false),
    isolates: fc.boolean(),
    admits: fc.subarray(['red', 'blue']),
    opensIn: some,
    needs: some,
    opens: some,
    closes: some,
    after: some,
  });
};

const deliver = (index: number, release: number, shape: Shape): Delivery => {
  const component = nameOf(index);
  const link = (kind: Link['kind'], from: number, to: number): Link[] =>
    from === to
      ? []
      : [{ kind, from: podOf(from), to: podOf(to), protocol: 'TCP', port: 80, why: '', file: '', line: 1 }];
  return {
    component,
    file: `${component}-${release}.yaml`,
    // Only on those before it, so that nobody waits in a circle.
    after: shape.after.filter((other) => other < index).map(nameOf),
    links: [
      ...shape.needs.flatMap((to) => link('needed', index, to)),
      ...shape.opens.flatMap((from) => link('open', from, index)),
      ...shape.closes.flatMap((from) => link('closed', from, index)),
    ],
    objects: {
      namespaces: [
        { name: component, labels: { team: shape.label, 'kubernetes.io/metadata.name': component } },
      ],
      pods: [
        {
          namespace: component,
          name: 'p',
          labels: {},
          addresses: [],
          ports: [{ protocol: 'TCP', port: 80 }],
          node: '',
        },
      ],
      services: [],
      policies: shape.isolates
        ? [
            policy(
              component,
              'own',
              shape.admits.length === 0
                ? undefined
                : shape.admits.map((team) => ({ namespaceSelector: { matchLabels: { team } } })),
            ),
          ]
        : [],
    },
    only: {
      restricted: nothing,
      unrestricted: {
        ...nothing,
        policies: shape.opensIn.map((other) =>
          policy(nameOf(other), `open-by-${component}`, [{ namespaceSelector: {} }]),
        ),
      },
    },
  };
};

/** Systems of two releases, `old` and `new`, of up to `most` components. */
export const anySystem = (most: number): fc.Arbitrary<System> =>
  fc.integer({ min: 2, max: most }).chain((count) =>
    fc
      .tuple(
        fc.array(anyShape(count), { minLength: count, maxLength: count }),
        fc.array(fc.option(anyShape(count), { nil: undefined }), { minLength: count, maxLength: count }),
      )
      .map(([olds, fresh]) => {
        const old = olds.map((shape, index) => ({ shape, delivery: deliver(index, 0, shape) }));
        const release = (name: string, deliveries: readonly { shape: Shape; delivery: Delivery }[]) => ({
          name,
          about: name,
          deliveries: new Map(
            deliveries
              .filter(({ shape }) => shape.exists)
              .map(({ delivery }): [string, Delivery] => [delivery.component, delivery]),
          ),
        });
        const changed = fresh.map((shape, index) =>
          shape === undefined ? old[index]! : { shape, delivery: deliver(index, 1, shape) },
        );
        return {
          name: 'random',
          about: '',
          source: '',
          namespaces: 'c*',
          releases: [release('old', old), release('new', changed)],
        };
      }),
  );
