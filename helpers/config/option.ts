/** How a setting is called on the command line, what it takes, and what `--help` says about it. */
export type Option = {
  flag: string;
  type: 'string' | 'boolean' | 'number' | 'list';
  placeholder?: string;
  help: string;
};
