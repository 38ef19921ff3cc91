/** Properties that belong together, by their names: what a name matches first decides; the last takes the rest. */
const areas: readonly (readonly [string, RegExp])[] = [
  ['ICMP and other protocols', /icmp|protocol|sctp|\b(?:igmp|gre|esp|ipip)\b/i],
  ['established connections', /established/],
  ['addresses in ranges', /-in-(?:ipBlock|networks)/],
  ['Services and node ports', /service|hairpin|node-port/i],
  ['nodes and host network', /node|host/],
  ['order of the tiers', /^baseline-/],
  ['denied connections', /^deny$/],
  ['others', /(?:)/],
];

/** What has a name, by area, in the order of the areas; areas that nothing is about are left out. */
export const groupByArea = <Named extends { name: string }>(
  named: readonly Named[],
): { area: string; members: Named[] }[] => {
  const found = Map.groupBy(named, ({ name }) => areas.find(([, pattern]) => pattern.test(name))?.[0] ?? '');
  return areas.flatMap(([area]) => {
    const members = found.get(area);
    return members === undefined ? [] : [{ area, members }];
  });
};
