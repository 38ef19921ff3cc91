/** `hint` stands in every text that the pattern can match; without it the pattern is not tried. */
type Rule = { pattern: RegExp; replacement: string; hint?: string };

const secretKeys = [
  'client[-_]?key[-_]?data',
  'client[-_]?certificate[-_]?data',
  'certificate[-_]?authority[-_]?data',
  '(?:(?:id|access|refresh|bearer|auth|bootstrap|session)[-_]?)?token',
  'pass(?:word|phrase)',
  '(?:client|shared)[-_]?secret',
  '(?:api|private|secret|access)[-_]?key',
].join('|');

// Behind a separator a name keeps its sense: NETPOL_TOKEN, registry.password.
const key = `(?<![A-Za-z0-9])(?:${secretKeys})`;
const quoted = String.raw`\\*"(?:[^"\\]|\\(?!"))*\\*"|'[^']*'`;
const block = String.raw`[|>][-+\d]*[ \t]*\n(?:[ \t]+\S.*(?:\n|$))+`;
const plain = String.raw`[^\s,;"'{}\[\]]+`;

const blank = '[redacted]';

const rules: readonly Rule[] = [
  { pattern: /-----BEGIN [^-]+-----[\s\S]*?(?:-----END [^-]+-----|$)/g, replacement: '[redacted PEM]' },
  // The end of a block whose beginning was cut off, as in the tail of a log.
  {
    pattern: /(?:^[ \t]*[A-Za-z0-9+/=]+\r?\n)+[ \t]*-----END [^-]+-----/gm,
    replacement: '[redacted PEM]',
    hint: '-----END',
  },
  // Base64 of `-----BEGIN`, the form in kubeconfigs and Secrets; and a Buffer as util.inspect shows it.
  { pattern: /LS0tLS1CRUdJ[\w+/=-]*(?:\s+[\w+/=-]{40,})*/g, replacement: '[redacted PEM]' },
  { pattern: /<Buffer 2d 2d 2d 2d 2d 42 45 47 49 4e[^>]*>/g, replacement: '[redacted PEM]' },
  { pattern: /\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g, replacement: '[redacted token]' },
  // A kubeadm bootstrap token.
  { pattern: /\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g, replacement: '[redacted token]' },
  { pattern: /\b(bearer\s+)(?!\[redacted)[\w.~+/=-]{8,}/gi, replacement: `$1${blank}` },
  {
    pattern: /\b(authorization\\*["']?\s*[:=]\s*\\*["']?)(?:(basic|bearer|digest)\s+)?[^\s"',\\[]+/gi,
    replacement: `$1${blank}`,
  },
  { pattern: /\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/:@"']*:[^\s/@"']+@/gi, replacement: `$1${blank}@` },
  {
    pattern: new RegExp(
      String.raw`(${key}\\*["']?[ \t]*[:=][ \t]*)(?!\\*["']?\[redacted)(?:${quoted}|${block}|${plain})`,
      'gi',
    ),
    replacement: `$1${blank}`,
  },
  {
    pattern: new RegExp(String.raw`(--[\w-]{0,40}?${key}[ \t]+)(?!-|\[redacted)${plain}`, 'gi'),
    replacement: `$1${blank}`,
  },
];

const secretKey = new RegExp(`${key}$`, 'i');

/**
 * Blanks what looks like a key, a token or a password: PEM blocks (also in base64), bearer tokens, JSON Web Tokens,
 * passwords in addresses and the values of names such as `client-key-data`, `token`, `password`.
 * The last line of defence for everything that is printed or written; nothing may rely on it alone.
 */
export const redact = (text: string): string =>
  rules.reduce(
    (clean, { pattern, replacement, hint = '' }) =>
      clean.includes(hint) ? clean.replace(pattern, replacement) : clean,
    text,
  );

/** A copy of plain data with every text redacted, and blanked where it stands under the name of a secret. */
export const redactData = <Data>(data: Data): Data => {
  const known = new Map<string, string>();
  const redactText = (text: string): string => {
    const clean = known.get(text) ?? redact(text);
    known.set(text, clean);
    return clean;
  };
  const visit = (value: unknown): unknown => {
    if (typeof value === 'string') return redactText(value);
    if (Array.isArray(value)) return value.map(visit);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => [
        redactText(name),
        isSecret(name, part) ? blank : visit(part),
      ]),
    );
  };
  return visit(data) as Data;
};

/** The configuration as a report may show it: a kubeconfig given by its contents, not by its path, is blanked. */
export const redactConfig = (config: Record<string, unknown>): Record<string, unknown> =>
  redactData(
    Object.fromEntries(
      Object.entries(config).map(([name, value]) => [name, isKubeconfig(name, value) ? blank : value]),
    ),
  );

/** A command line with the values of secret flags blanked, also where flag and value are two words. */
export const redactCommand = (words: readonly string[]): string[] =>
  words.map((word, index) => {
    const before = words[index - 1] ?? '';
    return /^--?[^=]+$/.test(before) && secretKey.test(before) && !word.startsWith('-')
      ? blank
      : redact(word);
  });

const isSecret = (name: string, value: unknown): boolean =>
  secretKey.test(name) && value !== undefined && value !== null && value !== '' && typeof value !== 'boolean';

const isKubeconfig = (name: string, value: unknown): boolean =>
  /kube-?config/i.test(name) &&
  ((typeof value === 'object' && value !== null) || (typeof value === 'string' && /[\n{]/.test(value)));
