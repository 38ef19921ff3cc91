import { escapeXml } from '../xml.ts';

/** Text that is HTML already; every other text is escaped where it is put into a page. */
export type Markup = { readonly markup: string };

type Part = Markup | string | number | readonly Part[] | undefined;

/** HTML as a template: what is filled in is escaped, unless a template made it; lists are joined, `undefined` is nothing. */
export const html = (texts: TemplateStringsArray, ...parts: readonly Part[]): Markup => ({
  markup: texts.map((text, index) => text + render(parts[index])).join(''),
});

/** Text that must stand as it is, such as a style sheet of ours. */
export const raw = (markup: string): Markup => ({ markup });

const render = (part: Part): string => {
  if (part === undefined) return '';
  if (typeof part === 'string' || typeof part === 'number') return escapeXml(String(part));
  return 'markup' in part ? part.markup : part.map(render).join('');
};

/** Data for the script of a page. No text in it can end the element that it stands in. */
export const jsonFor = (data: unknown): Markup =>
  raw(JSON.stringify(data).replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028'));
