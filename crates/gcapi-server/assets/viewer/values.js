// The values of an item: what each is, as JSON, a table, a document or files to save.

import { address, askText } from './ask.js';
import { element } from './element.js';
import { parse, tree } from './tree.js';
import { table } from './table.js';
import { bytes, count, short } from './words.js';

/** Longer files are only saved. */
const LONGEST = 2 << 20;

const STATES = { missing: 'not downloaded', failed: 'failed' };

/** A card for a value; `look` shows a picture of it. */
export function valueCard(value, look) {
  const { socket } = value;
  const content = element('div', { class: 'content' });
  fill(content, value);
  return element(
    'section',
    { class: `value ${value.state}` },
    element('header', {},
      element('h3', { title: socket.description || socket.slug }, socket.title),
      element('span', { class: 'badge' }, socket.kind),
      STATES[value.state] && element('span', { class: `badge ${value.state}` }, STATES[value.state])),
    content,
    ...value.pictures.map((picture) => describe(picture, value, look)),
    value.files.length > 0 && saving(value),
    value.image && about(value.image),
  );
}

async function fill(content, value) {
  if (value.value !== null) return content.append(json(value.value));
  if (value.state !== 'here' || value.pictures.length > 0) return;
  const [file] = value.files;
  if (!file) return;
  if (file.type === 'application/pdf') return content.append(documentFrame(file));
  if (!['application/json', 'text/csv'].includes(file.type)) return;
  if (file.bytes > LONGEST) return content.append(element('p', {}, `${bytes(file.bytes)}: save it to look at it.`));
  try {
    const text = await askText(file.path, LONGEST);
    if (text !== null) content.append(file.type === 'text/csv' ? table(text) : json(text));
  } catch (error) {
    content.append(element('p', { class: 'problem' }, error.message));
  }
}

function json(text) {
  try {
    return tree(parse(text));
  } catch {
    return element('div', {}, element('p', { class: 'problem' }, 'It is not JSON:'), element('pre', {}, text.slice(0, 10000)));
  }
}

function documentFrame(file) {
  const url = address('files', file.path);
  return element('div', { class: 'document' },
    element('iframe', { src: url, title: file.name, loading: 'lazy' }),
    element('p', {}, element('a', { href: url, target: '_blank', rel: 'noopener' }, 'Open the document in its own tab')));
}

function describe(picture, value, look) {
  if (picture.problem) return element('p', { class: 'problem' }, `No preview. ${picture.problem}`);
  const size = picture.size.join(' × ');
  const spacing = picture.spacing.some((one) => one !== 1) ? ` · ${picture.spacing.map(short).join(' × ')} mm` : '';
  const levels = picture.levels > 1 ? ` · ${count(picture.levels, 'level')}` : '';
  const colours = picture.channels > 1 ? ` × ${picture.channels}` : '';
  return element('p', { class: 'picture-line' },
    element('button', { type: 'button', click: () => look(value, picture) }, 'Show'),
    ` ${picture.format} ${picture.element}${colours}, ${size}${spacing}${levels}`);
}

function saving(value) {
  const rest = value.file_count - value.files.length;
  const links = value.files.map((file) => element('li', {},
    element('a', { href: `${address('files', file.path)}?save=1`, download: file.name, title: `SHA-256 ${file.sha256}` }, file.name),
    element('span', { class: 'number' }, bytes(file.bytes))));
  const list = element('ul', { class: 'files' }, ...links, rest > 0 && element('li', {}, `${count(rest, 'more file')} in the folder`));
  if (value.file_count <= 2) return list;
  return element('details', {}, element('summary', {}, `${count(value.file_count, 'file')}, ${bytes(value.bytes)}`), list);
}

function about(image) {
  return element('details', { class: 'about' }, element('summary', {}, 'What the platform says'), tree(image, 1));
}
