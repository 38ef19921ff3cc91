export type Element = { name: string; attributes: Record<string, string>; children: Element[]; text: string };

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  '#10': '\n',
  '#9': '\t',
};

// XML 1.0, section 2.2: the characters that a document may hold at all.
const forbidden = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u;
const token = /<(\/?)([\w.-]+)((?:\s+[\w.-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/y;

/**
 * Reads a document of elements, attributes and text: a strict part of XML 1.0, so that what it takes every parser takes.
 * @throws SyntaxError
 */
export const parseXml = (document: string): Element => {
  const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';
  if (!document.startsWith(declaration)) throw new SyntaxError('no XML declaration');
  if (forbidden.test(document)) throw new SyntaxError('a character that XML does not allow');
  const text = document.slice(declaration.length).trimEnd();
  const top: Element = { name: '', attributes: {}, children: [], text: '' };
  const open = [top];
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const match = token.exec(text);
    if (match === null) throw new SyntaxError(`not well-formed at ${text.slice(at, at + 40)}`);
    const [, closes = '', name = '', attributes = '', isEmpty = '', content] = match;
    const parent = open.at(-1);
    if (parent === undefined) throw new SyntaxError('an end without a start');
    if (content !== undefined) {
      if (parent === top || content.includes(']]>')) throw new SyntaxError(`text out of place: ${content}`);
      parent.text += decode(content);
    } else if (closes !== '') {
      if (parent.name !== name || attributes !== '')
        throw new SyntaxError(`</${name}> ends <${parent.name}>`);
      open.pop();
    } else {
      const element = { name, attributes: readAttributes(attributes), children: [], text: '' };
      parent.children.push(element);
      if (isEmpty === '') open.push(element);
    }
  }
  const [root, ...others] = top.children;
  if (open.length !== 1 || root === undefined || others.length > 0)
    throw new SyntaxError('not one whole root element');
  return root;
};

/** All elements of this name below an element, in the order of the document. */
export const find = (element: Element, name: string): Element[] =>
  element.children.flatMap((child) => [...(child.name === name ? [child] : []), ...find(child, name)]);

const readAttributes = (text: string): Record<string, string> => {
  const attributes: Record<string, string> = {};
  for (const [, name = '', value = ''] of text.matchAll(/([\w.-]+)="([^"]*)"/g)) {
    if (name in attributes) throw new SyntaxError(`attribute ${name} twice`);
    // A parser gives a raw line feed or tab in an attribute as a space.
    attributes[name] = decode(value.replaceAll(/[\n\t]/g, ' '));
  }
  return attributes;
};

const decode = (text: string): string =>
  text.replaceAll(/&([^;&]*);|&/g, (_, name: string | undefined) => {
    const character = entities[name ?? ''];
    if (character === undefined) throw new SyntaxError(`unknown entity &${name ?? ''}`);
    return character;
  });
