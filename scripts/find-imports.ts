export type Import = {
  /** What is imported, as written; undefined where it is not a literal, so that nobody can check it. */
  specifier: string | undefined;
  line: number;
  /** True for `import type` and `export type`, which are gone at run time. */
  isType: boolean;
};

type Token = { kind: 'word' | 'text' | 'sign'; text: string; line: number };

/**
 * Finds every import and re-export of a TypeScript or JavaScript module: static, for its effects, of types only,
 * dynamic and `require`. Reads tokens, so that comments, texts and templates are not mistaken for code.
 */
export const findImports = (source: string): Import[] => {
  const tokens = readTokens(source);
  return tokens.flatMap((token, index): Import[] => {
    if (token.kind !== 'word' || tokens[index - 1]?.text === '.') return [];
    const next = tokens[index + 1];
    if (token.text === 'import' && next?.text === '.') return [];
    if ((token.text === 'import' || token.text === 'require') && next?.text === '(') {
      return [{ specifier: textOf(tokens[index + 2]), line: token.line, isType: false }];
    }
    if (token.text !== 'import' && token.text !== 'export') return [];
    if (token.text === 'import' && next?.kind === 'text') {
      return [{ specifier: next.text, line: token.line, isType: false }];
    }
    const specifier = findSource(tokens, index + 1);
    return specifier === undefined
      ? []
      : [{ specifier, line: token.line, isType: isTypeOnly(tokens, index + 1) }];
  });
};

// From `import` or `export` on, names, braces, stars and commas may stand before `from 'x'`; anything else is a declaration.
const findSource = (tokens: readonly Token[], start: number): string | undefined => {
  for (let index = start; index < tokens.length; index += 1) {
    const token = tokens[index];
    const next = tokens[index + 1];
    if (token === undefined) return undefined;
    if (token.text === 'from' && next?.kind === 'text') return next.text;
    const isName = token.kind === 'word' && !declarations.has(token.text);
    const isAlias = token.kind === 'text';
    if (!isName && !isAlias && !'{}*,'.includes(token.text)) return undefined;
    // `export { a }` ends here where no `from` follows.
    if (token.text === '}' && next?.text !== 'from') return undefined;
  }
  return undefined;
};

const declarations = new Set([
  'const',
  'let',
  'var',
  'function',
  'class',
  'async',
  'default',
  'interface',
  'enum',
]);

const isTypeOnly = (tokens: readonly Token[], start: number): boolean =>
  tokens[start]?.text === 'type' && tokens[start + 1]?.text !== 'from' && tokens[start + 1]?.text !== ',';

const textOf = (token: Token | undefined): string | undefined =>
  token?.kind === 'text' ? token.text : undefined;

const space = /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const word = /[\p{ID_Start}$_#][\p{ID_Continue}$\u200c\u200d]*|\d[\w.]*/uy;
const quoted = /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y;
const template = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y;
const expression = /\/(?![*/])(?:[^\\/[\n]|\\.|\[(?:[^\\\]\n]|\\.)*\])+\/[a-z]*/y;

const wordsBeforeExpression = new Set([
  'return',
  'typeof',
  'case',
  'in',
  'of',
  'new',
  'delete',
  'void',
  'throw',
  'await',
  'yield',
  'else',
  'do',
]);

const readTokens = (source: string): Token[] => {
  const tokens: Token[] = [];
  // One entry for each open brace: does its end continue a template?
  const braces: boolean[] = [];
  let at = source.startsWith('#!') ? source.indexOf('\n') : 0;
  let line = 1;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const text = pattern.exec(source)?.[0];
    if (text === undefined || text === '') return undefined;
    at += text.length;
    return text;
  };
  const add = (kind: Token['kind'], text: string, whole = text): void => {
    tokens.push({ kind, text, line });
    line += whole.split('\n').length - 1;
  };
  // The part of a template up to its end or to the next `${`; a template without any is a literal text.
  const readTemplate = (isStart: boolean): void => {
    const text = take(template) ?? '';
    const isEnd = source[at] !== '$';
    at += isEnd ? 1 : 2;
    add(isStart && isEnd ? 'text' : 'sign', isStart && isEnd ? text : '`', text);
    if (!isEnd) braces.push(true);
  };

  while (at >= 0 && at < source.length) {
    const blank = take(space);
    if (blank !== undefined) {
      line += blank.split('\n').length - 1;
      continue;
    }
    const text = take(quoted);
    if (text !== undefined) {
      add('text', text.slice(1, -1), text);
      continue;
    }
    const name = take(word) ?? (isExpressionNext(tokens) ? take(expression) : undefined);
    if (name !== undefined) {
      add(name.startsWith('/') ? 'sign' : 'word', name);
      continue;
    }
    const sign = source[at] ?? '';
    at += 1;
    if (sign === '`') readTemplate(true);
    else if (sign === '}' && braces.pop() === true) readTemplate(false);
    else {
      if (sign === '{') braces.push(false);
      add('sign', sign);
    }
  }
  return tokens;
};

// A slash after a value divides; anywhere else it begins a regular expression.
const isExpressionNext = (tokens: readonly Token[]): boolean => {
  const last = tokens.at(-1);
  if (last === undefined) return true;
  if (last.kind === 'word') return wordsBeforeExpression.has(last.text);
  return last.kind === 'sign' && ![')', ']', '}', '`'].includes(last.text) && !last.text.startsWith('/');
};
