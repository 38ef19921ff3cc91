import type { Source } from '../kube/manifests.ts';
import type { PolicyPart } from '../model/reason.ts';

/** Where each object stands, by its name. Empty for what a cluster told. */
export type Sources = ReadonlyMap<string, Source>;

/** The file and line of a policy, or of the rule where one is named. Undefined for what stands in no file. */
export const locatePart = (
  { policy, rule }: PolicyPart,
  sources: Sources,
): { file: string; line: number } | undefined => {
  const source = sources.get(policy);
  if (source === undefined) return undefined;
  // Behind the place of a rule of the admin tiers is its own name.
  const line = source.rules?.[rule?.split(' ')[0] ?? ''] ?? source.line;
  return { file: source.file, line };
};

/** `NetworkPolicy x/allow-y ingress[0].from[1] (shop.yaml:23)` */
export const describePart = (part: PolicyPart, sources: Sources): string => {
  const place = locatePart(part, sources);
  const name = [part.policy, part.rule].filter(Boolean).join(' ');
  return place === undefined ? name : `${name} (${place.file}:${place.line})`;
};
