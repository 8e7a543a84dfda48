// The filters beside the grid: what there is to choose, how much of it, and what failed.

import { element } from './element.js';
import { bar, sizes } from './plots.js';
import { bytes, count } from './words.js';

const STATES = { complete: 'Complete', empty: 'Without values', missing: 'Something missing', failed: 'Something failed' };

/** Draws the filters; `choose` is called with a filter that the user wants. */
export function drawFilters(place, { archive, all, summary, filter, choose }) {
  const focused = document.activeElement?.id;
  const named = Object.fromEntries(archive.sockets.map((socket) => [socket.slug, socket.title]));
  place.replaceChildren(...[
    element(
      'section',
      { class: 'sums' },
      element('p', {}, element('b', {}, count(summary.count, archive.images_only ? 'image' : 'item'))),
      element('p', {}, `${count(summary.files, 'file')}, ${bytes(summary.bytes)}`),
      filter.toString() === ''
        ? null
        : element('button', { type: 'button', id: 'clear', click: () => choose(new URLSearchParams()) }, 'Clear filters'),
    ),
    group('State', 'state', all.states, summary.states, STATES),
    group('Modality', 'modality', all.modalities, summary.modalities),
    group('Kind', 'kind', all.kinds, summary.kinds),
    group('Socket', 'socket', all.sockets, summary.sockets, named),
    element('section', {}, element('h2', {}, 'Size of an item'), sizes(summary.sizes)),
    failures(archive),
  ].filter(Boolean));
  if (focused) document.getElementById(focused)?.focus();

  function group(title, name, choices, counts, words = {}) {
    const keys = Object.keys(choices);
    if (keys.length === 0) return null;
    const chosen = filter.getAll(name);
    const boxes = keys.map((key, index) => {
      const id = `${name}-${index}`;
      const number = counts[key] ?? 0;
      return element(
        'li',
        { class: number === 0 && !chosen.includes(key) ? 'none' : null },
        element('input', { type: 'checkbox', id, checked: chosen.includes(key), change: () => choose(toggled(filter, name, key)) }),
        element('label', { for: id }, element('span', {}, words[key] ?? key), element('span', { class: 'number' }, number.toLocaleString('en'))),
        bar(number, summary.count),
      );
    });
    const list = element('ul', {}, ...boxes);
    // A long list stays closed unless something in it is chosen.
    const isOpen = keys.length <= 8 || chosen.length > 0 || place.dataset[name] === 'open';
    const details = element('details', { open: isOpen }, element('summary', {}, element('h2', {}, `${title}`), element('span', { class: 'number' }, keys.length)), list);
    details.addEventListener('toggle', () => { place.dataset[name] = details.open ? 'open' : ''; });
    return element('section', {}, details);
  }
}

function failures(archive) {
  if (archive.totals.failures === 0) return null;
  return element(
    'section',
    { class: 'failures' },
    element('details', {},
      element('summary', {}, element('h2', {}, 'Failed last time'), element('span', { class: 'number' }, archive.totals.failures)),
      ...archive.failures.map((failure) => element('p', {}, element('b', {}, failure.place), ` ${failure.reason}`, element('i', {}, failure.next_step)))),
  );
}

/** The filter with a choice taken or given back. */
function toggled(filter, name, key) {
  const changed = new URLSearchParams(filter);
  const kept = changed.getAll(name).filter((other) => other !== key);
  const isNew = kept.length === changed.getAll(name).length;
  changed.delete(name);
  for (const other of isNew ? [...kept, key] : kept) changed.append(name, other);
  return changed;
}
