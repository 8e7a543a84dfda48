// Which page is shown: the grid or an item. The address after # says it, with the filter.

import { ask } from './ask.js';
import { element } from './element.js';
import { drawFilters } from './filters.js';
import { Grid } from './grid.js';
import { ItemPage } from './item.js';
import { count } from './words.js';

const place = (id) => document.getElementById(id);
const [gridPage, itemPage, found, filters, search, help] = ['grid-page', 'item-page', 'found', 'filters', 'search', 'help'].map(place);

let archive;
let everything;
let shownFilter = null;
let isOnItem = false;

const grid = new Grid(place('grid'), place('content'), (number, error) => {
  found.classList.toggle('problem', Boolean(error));
  const noun = archive?.images_only ? 'image' : 'item';
  const none = `No ${noun} is like that. Clear the filters to see all.`;
  found.textContent = error ? error.message : number === 0 ? none : count(number, noun);
});
const item = new ItemPage(itemPage);

function where() {
  const [path, query] = location.hash.replace(/^#/, '').split('?');
  const filter = new URLSearchParams(query);
  const pk = /^\/item\/([0-9a-f-]{36})$/.exec(path)?.[1];
  return { pk, filter };
}

function choose(filter) {
  const query = filter.toString();
  location.hash = `#/${query ? `?${query}` : ''}`;
}

async function show() {
  const { pk, filter } = where();
  search.value = filter.get('text') ?? '';
  gridPage.hidden = Boolean(pk);
  itemPage.hidden = !pk;
  place('show-filters').hidden = Boolean(pk);
  if (pk) {
    isOnItem = true;
    await item.show(pk, filter);
    return;
  }
  item.clear();
  document.title = `${archive.title ?? archive.folder ?? 'Archive'} – gcapi view`;
  const wasOnItem = isOnItem;
  isOnItem = false;
  if (shownFilter === filter.toString()) {
    if (wasOnItem) grid.focus();
    return;
  }
  shownFilter = filter.toString();
  const [, summary] = await Promise.all([grid.show(filter), ask('summary', filter)]);
  // Another filter was chosen meanwhile.
  if (shownFilter === filter.toString()) drawFilters(filters, { archive, all: everything, summary, filter, choose });
}

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  const isTyping = event.target.closest('input, select, textarea') !== null && event.target.type !== 'checkbox';
  if (isTyping) {
    if (event.key === 'Escape') event.target.blur();
    return;
  }
  if (event.key === '?') help.showModal();
  else if (event.key === '/') search.focus();
  else if (isOnItem) {
    // Enter and the space bar are for what the keyboard is on, and scrolling for what is longer than the page.
    if (event.target.closest('.table, .right') && /^(Page|Arrow)/.test(event.key)) return;
    if (!item.key(event.key)) return;
  } else if (event.key === 'n' || event.key === 'p') grid.focus();
  else return;
  event.preventDefault();
  // The volume viewer has keys of its own.
  event.stopPropagation();
}

let typing;
search.addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    const filter = where().pk ? new URLSearchParams() : where().filter;
    filter.delete('text');
    if (search.value.trim()) filter.set('text', search.value.trim());
    choose(filter);
  }, 200);
});
search.form.addEventListener('submit', (event) => { event.preventDefault(); grid.focus(); });
place('show-help').addEventListener('click', () => help.showModal());
place('show-filters').addEventListener('click', (event) => {
  const isShown = gridPage.classList.toggle('with-filters');
  event.currentTarget.setAttribute('aria-expanded', String(isShown));
});
document.querySelector('.skip').addEventListener('click', (event) => { event.preventDefault(); grid.focus(); });
// Before what a canvas would do with a key.
document.addEventListener('keydown', key, { capture: true });
window.addEventListener('hashchange', show);

try {
  [archive, everything] = await Promise.all([ask('archive'), ask('summary')]);
  place('archive-title').textContent = archive.title ?? archive.folder ?? 'Archive';
  await show();
} catch (error) {
  found.replaceChildren(element('span', { role: 'alert' }, error.message));
  found.classList.add('problem');
}
