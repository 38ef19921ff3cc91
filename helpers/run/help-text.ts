import { environmentName, options } from '../config.ts';
import { help, type Help } from './help.ts';

/** The help page of one command, of all that begin with this word, or the overview. */
export const formatHelp = (...words: readonly string[]): string => {
  const [first = '', second = ''] = words;
  const names = Object.keys(help) as (keyof typeof help)[];
  const exact = names.find((name) => name === first || name === `${first} ${second}`);
  const pages = exact === undefined ? names.filter((name) => name.startsWith(`${first} `)) : [exact];
  return pages.length === 0 ? overview() : pages.map((name) => commandPage(help[name])).join('\n\n');
};

const overview = (): string =>
  [
    'netpol: proves with real packets whether a cluster enforces its network policies, and says why',
    '',
    'npm start -- COMMAND, or npx netpol COMMAND:',
    ...table(Object.values(help).map(({ usage, does }) => [usage, does])),
    '',
    'Without a command: run. COMMAND --help shows its flags.',
    'Exit code: 0 all passed; 1 something failed; 2 we could not tell, or bad usage; 130 interrupted.',
  ].join('\n');

const commandPage = ({ usage, does, options: keys, more }: Help): string => {
  const flags = keys.map((key): [string, string] => {
    const { flag, placeholder, help } = options[key];
    return [
      `--${flag}${placeholder === undefined ? '' : ` ${placeholder}`}`,
      `${help} [${environmentName(key)}]`,
    ];
  });
  const settings =
    flags.length === 0
      ? []
      : ['', 'Flags win over the environment variables in brackets, those over netpol.yaml.'];
  return [
    `netpol ${usage}`,
    ...wrap(does, 96).map((line) => `  ${line}`),
    '',
    ...table([...flags, ...more]),
    ...settings,
  ].join('\n');
};

/** Two columns; where the first is too wide the second goes below, so that 100 columns are enough. */
const table = (rows: readonly (readonly [string, string])[]): string[] =>
  rows.flatMap(([left, right]) => {
    const lines = wrap(right, 70);
    const [first = '', ...rest] = lines;
    const indented = rest.map((line) => `${' '.repeat(28)}${line}`);
    return left.length <= 24
      ? [`  ${left.padEnd(26)}${first}`, ...indented]
      : [`  ${left}`, `${' '.repeat(28)}${first}`, ...indented];
  });

const wrap = (text: string, width: number): string[] => {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
};
