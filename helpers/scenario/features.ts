/** The closed list of features: what a scenario may be about. Lint refuses any other name. */
export const features = {
  NetworkPolicy: 'isolation, peers and rules of networking.k8s.io/v1 NetworkPolicy',
} as const;

export type Feature = keyof typeof features;
