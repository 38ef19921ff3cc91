/** Whether a glob, in which `*` stands for any text and `?` for one character, matches a whole name. */
export const matchesGlob = (glob: string, name: string): boolean => {
  const pattern = glob
    .replaceAll(/[\\^$.|+()[\]{}]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${pattern}$`).test(name);
};
