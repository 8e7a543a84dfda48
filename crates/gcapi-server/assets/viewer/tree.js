// JSON as a tree that opens and closes.

import { element } from './element.js';

/** Members of an object that are drawn at first. */
const SHOWN = 200;

/** A number with the digits it was written with, where the browser tells them. */
class Digits {
  constructor(source) {
    this.source = source;
  }
}

/** Parses JSON and keeps the digits of its numbers: 1.0 and 1e-3 are not the same as 1 and 0.001. */
export function parse(text) {
  return JSON.parse(text, (_key, value, context) =>
    typeof value === 'number' && context?.source !== undefined ? new Digits(context.source) : value);
}

/** Draws a value; objects are open down to `depth`. */
export function tree(value, depth = 2) {
  return element('div', { class: 'tree' }, node(null, value, depth));
}

function node(key, value, depth) {
  const name = key === null ? null : element('span', { class: 'key' }, key, ': ');
  const isNumber = value instanceof Digits || typeof value === 'number';
  if (value === null || isNumber || typeof value !== 'object') {
    const kind = value === null ? 'null' : isNumber ? 'number' : typeof value;
    const text = value instanceof Digits ? value.source : kind === 'string' ? value : String(value);
    return element('div', { class: 'leaf' }, name, element('span', { class: kind }, text));
  }
  const members = Object.entries(value);
  const says = Array.isArray(value) ? `[${members.length}]` : `{${members.length}}`;
  if (members.length === 0) return element('div', { class: 'leaf' }, name, element('span', { class: 'null' }, Array.isArray(value) ? '[]' : '{}'));
  const inside = element('div', { class: 'inside' });
  const details = element('details', { open: depth > 0 }, element('summary', {}, name, element('span', { class: 'null' }, says)), inside);
  const fill = (from) => {
    inside.append(...members.slice(from, from + SHOWN).map(([member, content]) => node(member, content, depth - 1)));
    const left = members.length - from - SHOWN;
    if (left > 0) {
      const more = element('button', { type: 'button', click: () => { more.remove(); fill(from + SHOWN); } }, `${left} more`);
      inside.append(more);
    }
  };
  // What is closed is drawn when it is opened.
  const fillOnce = () => { if (details.open && inside.childElementCount === 0) fill(0); };
  details.addEventListener('toggle', fillOnce);
  fillOnce();
  return details;
}
