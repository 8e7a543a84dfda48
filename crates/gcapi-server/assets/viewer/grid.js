// The grid of items. Only the cards in sight are in the page, and only the pages of the list
// they are on have been asked for: a hundred thousand items are no more work than fifty.

import { address, ask } from './ask.js';
import { element } from './element.js';
import { bytes, count } from './words.js';

/** Items asked for at a time. */
const PAGE = 100;
/** Rows drawn above and below those in sight. */
const BEYOND = 2;
const NARROWEST = 170;
const GAP = 12;
/** Height of the words below a picture. */
const WORDS = 74;

/** The grid in its place; `report` is called with the number of items or an error. */
export class Grid {
  #place;
  #scroller;
  #report;
  #filter = new URLSearchParams();
  #count = 0;
  #pages = new Map();
  #cards = new Map();
  #run = 0;
  /** The cards are those of the filter before. */
  #isStale = false;
  #columns = 1;
  #width = NARROWEST;
  /** The card that the keyboard is on. */
  #current = 0;

  constructor(place, scroller, report) {
    this.#place = place;
    this.#scroller = scroller;
    this.#report = report;
    scroller.addEventListener('scroll', () => this.#draw(), { passive: true });
    new ResizeObserver(() => this.#measure()).observe(place);
    place.addEventListener('keydown', (event) => this.#key(event));
    place.addEventListener('focusin', (event) => {
      const card = event.target.closest('[data-index]');
      if (card) this.#current = Number(card.dataset.index);
    });
  }

  /** Shows the items that a filter lets through. */
  async show(filter) {
    this.#filter = new URLSearchParams(filter);
    this.#pages.clear();
    this.#run += 1;
    this.#isStale = true;
    this.#current = 0;
    this.#scroller.scrollTop = 0;
    await this.#page(0);
  }

  /** Puts the keyboard on the current card. */
  focus() {
    this.#reach(this.#current);
  }

  async #page(number) {
    if (this.#pages.has(number)) return;
    const run = this.#run;
    this.#pages.set(number, null);
    const parameters = new URLSearchParams(this.#filter);
    parameters.set('offset', number * PAGE);
    parameters.set('limit', PAGE);
    try {
      const answer = await ask('items', parameters);
      // The filter has changed meanwhile.
      if (run !== this.#run) return;
      this.#pages.set(number, answer.items);
      this.#count = answer.count;
      this.#report(answer.count);
      if (this.#isStale) {
        for (const card of this.#cards.values()) card.remove();
        this.#cards.clear();
        this.#isStale = false;
      }
      this.#measure();
    } catch (error) {
      if (run !== this.#run) return;
      this.#pages.delete(number);
      this.#report(null, error);
    }
  }

  #item(index) {
    return this.#pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  get #rowHeight() {
    return this.#width + WORDS + GAP;
  }

  #measure() {
    const room = this.#place.clientWidth;
    if (room === 0) return;
    this.#columns = Math.max(2, Math.floor((room + GAP) / (NARROWEST + GAP)));
    this.#width = (room + GAP) / this.#columns - GAP;
    const rows = Math.ceil(this.#count / this.#columns);
    this.#place.style.height = `${Math.max(0, rows * this.#rowHeight - GAP)}px`;
    for (const [index, card] of this.#cards) this.#put(card, index);
    this.#draw();
  }

  #draw() {
    const above = this.#scroller.scrollTop - this.#place.offsetTop;
    const first = Math.max(0, Math.floor(above / this.#rowHeight) - BEYOND) * this.#columns;
    const rows = Math.ceil(this.#scroller.clientHeight / this.#rowHeight) + 2 * BEYOND + 1;
    const end = Math.min(this.#count, first + rows * this.#columns);
    for (const [index, card] of this.#cards) {
      if ((index < first || index >= end) && !card.contains(document.activeElement)) {
        card.remove();
        this.#cards.delete(index);
      }
    }
    for (let index = first; index < end; index += 1) {
      if (this.#cards.has(index)) continue;
      const item = this.#item(index);
      if (!item) {
        this.#page(Math.floor(index / PAGE));
        continue;
      }
      const card = this.#card(item, index);
      this.#put(card, index);
      this.#cards.set(index, card);
      // In their order, which is that of the keyboard and of screen readers.
      const next = [...this.#place.children].find((other) => Number(other.dataset.index) > index);
      this.#place.insertBefore(card, next ?? null);
    }
  }

  #put(card, index) {
    const row = Math.floor(index / this.#columns);
    const column = index % this.#columns;
    card.style.width = `${this.#width}px`;
    card.style.height = `${this.#width + WORDS}px`;
    card.style.transform = `translate(${column * (this.#width + GAP)}px, ${row * this.#rowHeight}px)`;
  }

  #card(item, index) {
    const query = this.#filter.toString();
    const picture = item.preview
      ? element('img', { src: address('thumbnails', item.preview, '.jpg'), alt: '', loading: 'lazy', decoding: 'async' })
      : element('span', { class: 'nothing' }, item.state === 'empty' ? 'no values' : item.missing > 0 ? 'not here' : 'no image');
    const badges = [
      ...item.modalities.map((modality) => element('span', { class: 'badge' }, modality)),
      item.failed > 0 && element('span', { class: 'badge failed' }, `${item.failed} failed`),
      item.missing > 0 && element('span', { class: 'badge missing' }, `${item.missing} missing`),
    ];
    return element(
      'div',
      { class: `card ${item.state}`, role: 'listitem', 'data-index': index, 'data-pk': item.pk, 'aria-setsize': this.#count, 'aria-posinset': index + 1 },
      element(
        'a',
        { href: `#/item/${item.pk}${query ? `?${query}` : ''}`, title: [item.title, ...item.sockets].filter(Boolean).join('\n') },
        element('span', { class: 'picture' }, picture, element('span', { class: 'badges' }, ...badges)),
        element('span', { class: 'title' }, item.title || item.pk),
        element('span', { class: 'numbers' }, `${count(item.sockets.length, 'value')} · ${bytes(item.bytes)}`),
      ),
    );
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.#columns, ArrowDown: this.#columns };
    const target =
      event.key in steps ? this.#current + steps[event.key]
      : event.key === 'Home' ? 0
      : event.key === 'End' ? this.#count - 1
      : null;
    if (target === null || target < 0 || target >= this.#count) return;
    event.preventDefault();
    this.#reach(target);
  }

  async #reach(index) {
    await this.#page(Math.floor(index / PAGE));
    const upper = Math.floor(index / this.#columns) * this.#rowHeight + this.#place.offsetTop;
    const lower = upper + this.#rowHeight;
    const { scrollTop, clientHeight } = this.#scroller;
    if (upper < scrollTop) this.#scroller.scrollTop = upper - GAP;
    else if (lower > scrollTop + clientHeight) this.#scroller.scrollTop = lower - clientHeight;
    this.#draw();
    this.#cards.get(index)?.querySelector('a').focus({ preventScroll: true });
  }
}
