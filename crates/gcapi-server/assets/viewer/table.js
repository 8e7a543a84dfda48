// CSV as a table (RFC 4180, with comma, semicolon or tab).

import { element } from './element.js';
import { count } from './words.js';

/** Rows that are drawn. */
const SHOWN = 500;

/** Reads rows of fields. */
export function rows(text) {
  const separator = [',', ';', '\t'].map((one) => [text.split('\n', 1)[0].split(one).length, one]).sort((a, b) => b[0] - a[0])[0][1];
  const found = [];
  let row = [];
  let field = '';
  let isQuoted = false;
  for (let at = text.charCodeAt(0) === 0xfeff ? 1 : 0; at < text.length; at += 1) {
    const character = text[at];
    if (isQuoted) {
      if (character !== '"') field += character;
      else if (text[at + 1] === '"') { field += '"'; at += 1; }
      else isQuoted = false;
    } else if (character === '"' && field === '') isQuoted = true;
    else if (character === separator) { row.push(field); field = ''; }
    else if (character === '\n') { row.push(field); found.push(row); row = []; field = ''; }
    else if (character !== '\r') field += character;
  }
  if (field !== '' || row.length > 0) { row.push(field); found.push(row); }
  // An empty line is no row.
  return found.filter((fields) => fields.length > 1 || fields[0] !== '');
}

/** Draws a table; its first row is the head. */
export function table(text) {
  const [head = [], ...body] = rows(text);
  const isNumber = (field) => field.trim() !== '' && Number.isFinite(Number(field.replace(',', '.')));
  return element('div', { class: 'table', tabindex: 0, role: 'region', 'aria-label': 'Table' },
    element('table', {},
      element('thead', {}, element('tr', {}, ...head.map((field) => element('th', { scope: 'col' }, field)))),
      element('tbody', {}, ...body.slice(0, SHOWN).map((row) =>
        element('tr', {}, ...row.map((field) => element('td', { class: isNumber(field) ? 'number' : null }, field)))))),
    body.length > SHOWN && element('p', {}, `${count(body.length - SHOWN, 'more row')}: save the file to see all.`));
}
