import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Status } from '../record.ts';
import { html, raw, type Markup } from './markup.ts';

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8').trim();

/**
 * A page that is one file: style and script are in it, and its policy lets nothing else be loaded or run, so that it
 * works from a disk and no name in a record can do harm. `scripts`: files beside this one, as one script.
 */
export const formatPage = (title: string, body: Markup, scripts: readonly string[] = []): string => {
  const style = ['page.css', 'cases.css', 'plots.css'].map(read).join('\n');
  const program = scripts.map(read).join('\n');
  const policy = [
    "default-src 'none'",
    `style-src '${hashOf(style)}'`,
    ...(program === '' ? [] : [`script-src '${hashOf(program)}'`]),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        ${raw(`<style>${style}</style>`)}
      </head>
      <body>
        ${body} ${raw(program === '' ? '' : `<script>${program}</script>`)}
      </body>
    </html> `;
  return page.markup;
};

/** Parts of a page below its header, with links to them; a link leaves out what a title says behind a colon. */
export const formatParts = (
  header: Markup,
  parts: readonly { id: string; title: string; markup: Markup }[],
): Markup =>
  html`${header}
    <nav aria-label="Parts of this page">
      ${parts.map(({ id, title }) => html`<a href="#${id}">${title.split(':')[0]}</a> `)}
    </nav>
    <main>
      ${parts.map(
        ({ id, title, markup }) =>
          html`<section aria-labelledby="${id}">
            <h2 id="${id}">${title}</h2>
            ${markup}
          </section> `,
      )}
    </main>`;

export const statusCell = (status: Status, words: string): Markup =>
  html`<td class="${status}"><span class="status">${words}</span></td>`;

const hashOf = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;
