import { environmentName, options } from '../config.ts';
import { wrap } from '../report/text.ts';
import { help, type Help } from './help.ts';

/** The help page of one command, of all that begin with this word, or the overview, in so many columns. */
export const formatHelp = (words: readonly string[], columns: number): string => {
  const [first = '', second = ''] = words;
  const width = Math.min(widest, columns);
  const names = Object.keys(help) as (keyof typeof help)[];
  const exact = names.find((name) => name === first || name === `${first} ${second}`);
  const pages = exact === undefined ? names.filter((name) => name.startsWith(`${first} `)) : [exact];
  return pages.length === 0
    ? overview(width)
    : pages.map((name) => commandPage(help[name], width)).join('\n\n');
};

const widest = 100;

const overview = (width: number): string =>
  [
    ...wrap(
      'netpol: proves with real packets whether a cluster enforces its network policies, and says why',
      width,
      '',
      0,
    ),
    '',
    'npx netpol COMMAND, in a checkout also npm start -- COMMAND:',
    ...table(
      Object.values(help).map(({ usage, does }) => [usage, does]),
      width,
    ),
    '',
    ...wrap('Without a command: run. COMMAND --help shows its flags.', width, '', 0),
    ...wrap(
      'Exit code: 0 all passed; 1 something failed; 2 we could not tell, or bad usage; 130 interrupted.',
      width,
      '',
      0,
    ),
  ].join('\n');

const commandPage = ({ usage, does, options: keys, more }: Help, width: number): string => {
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
      : [
          '',
          ...wrap(
            'Flags win over the environment variables in brackets, those over netpol.yaml.',
            width,
            '',
            0,
          ),
        ];
  return [
    `netpol ${usage}`,
    ...wrap(does, width - 2, '  ', 2),
    '',
    ...table([...flags, ...more], width),
    ...settings,
  ].join('\n');
};

/** Two columns; where the first is too wide the second goes below, and in a narrow terminal always. */
const table = (rows: readonly (readonly [string, string])[], width: number): string[] => {
  const indent = width < 70 ? 6 : 28;
  return rows.flatMap(([left, right]) => {
    const lines = wrap(right, width - 2, ' '.repeat(indent), indent);
    return left.length > indent - 4
      ? [`  ${left}`, ...lines]
      : [`  ${left}`.padEnd(indent) + (lines[0] ?? '').trimStart(), ...lines.slice(1)];
  });
};
