import { removeControls } from './text.ts';

export type Attributes = Record<string, string | number | undefined>;

/** What stands behind the name of an element; what is undefined is left out. */
export const formatAttributes = (attributes: Attributes): string =>
  Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(
      ([name, value]) =>
        ` ${name}="${escapeXml(String(value)).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')}"`,
    )
    .join('');

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

// XML 1.0 has no way to write most control characters, lone surrogates, U+FFFE and U+FFFF, not even as entities.
export const escapeXml = (text: string): string =>
  removeControls(text)
    .toWellFormed()
    .replaceAll(/[\uFFFE\uFFFF]/g, '')
    .replaceAll(/[&<>"]/g, (character) => entities[character] ?? '');
