import type { V1Service } from '../kube/client.ts';
import type { Protocol } from '../kube/types.ts';
import { idOf, readServiceName, serviceNameOf, type Service } from '../kube/world.ts';
import type { ServiceRequest } from './cluster.ts';

/** The object that is sent to make a Service. */
export const serviceBody = ({
  namespace,
  name,
  type,
  selector,
  ports,
  externalName,
}: ServiceRequest): V1Service => ({
  metadata: { namespace, name },
  spec:
    externalName === undefined
      ? {
          selector,
          ipFamilyPolicy: 'PreferDualStack',
          ...(type === 'Headless' && { clusterIP: 'None' }),
          ...(type === 'NodePort' && { type }),
          ports: ports.map(({ protocol, port, targetPort }) => ({
            name: `${protocol.toLowerCase()}-${port}`,
            protocol,
            port,
            targetPort,
          })),
        }
      : { type: 'ExternalName', externalName: serviceNameOf({ namespace, name: externalName }) },
});

/** Services as the cluster has them. An ExternalName that means none of the headless ones of its namespace is left out. */
export const readServices = (items: readonly V1Service[]): Service[] => {
  const services = items.filter(({ spec }) => spec?.type !== 'ExternalName').map(readService);
  const named = items.flatMap(({ metadata: { namespace = '', name = '' } = {}, spec }) => {
    const { namespace: place, name: externalName } = readServiceName(spec?.externalName ?? '') ?? {};
    const meant = services.find(
      (service) => place === namespace && idOf(service) === `${namespace}/${externalName}`,
    );
    return externalName !== undefined && meant?.type === 'Headless' ? [{ ...meant, name, externalName }] : [];
  });
  return [...services, ...named];
};

const readService = ({ metadata, spec }: V1Service): Service => ({
  namespace: metadata?.namespace ?? '',
  name: metadata?.name ?? '',
  type: spec?.clusterIP === 'None' ? 'Headless' : spec?.type === 'NodePort' ? 'NodePort' : 'ClusterIP',
  selector: spec?.selector ?? {},
  ports: (spec?.ports ?? []).map(({ protocol = 'TCP', port, targetPort = port, nodePort }) => ({
    protocol: protocol as Protocol,
    port,
    targetPort,
    ...(nodePort === undefined ? {} : { nodePort }),
  })),
  addresses: (spec?.clusterIPs ?? []).filter((address) => address !== 'None'),
});
