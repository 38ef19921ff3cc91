/** How a setting is called on the command line, what it takes, and what `--help` says about it. */
export type Option = {
  flag: string;
  type: 'string' | 'boolean' | 'number' | 'list';
  placeholder?: string;
  help: string;
};

/** A value of the command line, the environment or a file as what a setting takes; undefined where it is nothing of the kind. */
export const parseValue = (type: Option['type'], value: unknown): unknown => {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : undefined;
    case 'boolean':
      if (typeof value === 'boolean') return value;
      if (value === 'true' || value === '1') return true;
      return value === 'false' || value === '0' ? false : undefined;
    case 'number': {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      return typeof number === 'number' && Number.isInteger(number) && number >= 0 ? number : undefined;
    }
    case 'list':
      if (typeof value === 'string') return value.split(',').filter((item) => item !== '');
      return Array.isArray(value) && value.every((item) => typeof item === 'string')
        ? value.flatMap((item) => item.split(','))
        : undefined;
  }
};

/** What a setting takes, in words. */
export const wantedOf = (type: Option['type']): string =>
  ({
    string: 'text',
    boolean: 'true or false',
    number: 'a whole number from 0',
    list: 'names separated by commas',
  })[type];
