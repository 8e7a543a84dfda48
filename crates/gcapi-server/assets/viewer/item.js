// The page of one item: its images on the stage, its values beside it.

import { address, ask } from './ask.js';
import { element } from './element.js';
import { valueCard } from './values.js';
import { bytes, count } from './words.js';

/** The page of an item. It has one stage, which shows one image at a time. */
export class ItemPage {
  #place;
  #filter;
  #item;
  #stage = element('div', { class: 'viewer', 'aria-live': 'off' });
  #choice = element('div', { class: 'choice', role: 'group', 'aria-label': 'Images' });
  #shown = null;
  #run = 0;

  constructor(place) {
    this.#place = place;
  }

  /** Shows an item, among those that the filter lets through. */
  async show(pk, filter) {
    this.#clear();
    const run = this.#run;
    this.#filter = filter;
    let item;
    try {
      item = await ask(`items/${pk}`, filter);
    } catch (error) {
      if (run === this.#run) this.#place.replaceChildren(this.#back(), element('p', { class: 'problem', role: 'alert' }, error.message));
      return;
    }
    if (run !== this.#run) return;
    this.#item = item;
    document.title = `${item.title || item.pk} – gcapi view`;
    const look = (value, picture) => { this.#look(value, picture); this.#stage.scrollIntoView({ block: 'nearest' }); };
    const values = [...item.values].sort((one, other) => rank(one) - rank(other));
    const images = choices(item.values);
    this.#place.replaceChildren(
      this.#head(item),
      element('div', { class: `halves${images.length > 0 ? '' : ' without-images'}` },
        images.length > 0 && element('div', { class: 'left' }, this.#choice, this.#stage),
        // It scrolls by itself, also for those who have only keys.
        element('div', { class: 'right', role: 'region', 'aria-label': 'Values', tabindex: 0 },
          ...item.failures.map(failure),
          ...values.map((value) => valueCard(value, look)),
          item.record && element('details', { class: 'about' }, element('summary', {}, 'Primary key'), element('p', { class: 'pk' }, item.pk)))));
    this.#place.querySelector('h1').focus();
    if (images.length > 0) await this.#look(...images[0]);
  }

  /** Takes what is shown away. */
  clear() {
    this.#clear();
    this.#place.replaceChildren();
  }

  /** Does what a key stands for; whether it does. */
  key(key) {
    const { previous, next } = this.#item?.place ?? {};
    if (key === 'n' && next) this.#go(next);
    else if (key === 'p' && previous) this.#go(previous);
    else if (key === 'Escape') location.hash = this.#home();
    else return this.#shown?.key(key) ?? false;
    return true;
  }

  #clear() {
    this.#run += 1;
    this.#shown?.remove();
    this.#shown = null;
    this.#item = null;
    this.#stage.replaceChildren();
  }

  #go(pk) {
    location.hash = this.#address(pk);
  }

  #address(pk) {
    const query = this.#filter.toString();
    return `#/item/${pk}${query ? `?${query}` : ''}`;
  }

  #home() {
    const query = this.#filter.toString();
    return `#/${query ? `?${query}` : ''}`;
  }

  #back() {
    return element('a', { class: 'back', href: this.#home() }, '← All items');
  }

  #head(item) {
    const { position, count: all, previous, next } = item.place;
    const step = (pk, name, words) => pk
      ? element('a', { class: 'step', href: this.#address(pk), title: `${words} (${name})`, 'aria-label': words }, name === 'p' ? '‹' : '›')
      : element('span', { class: 'step', 'aria-hidden': 'true' }, name === 'p' ? '‹' : '›');
    return element('header', { class: 'item-head' },
      this.#back(),
      element('h1', { tabindex: -1 }, item.title || item.pk),
      element('p', {}, `${count(item.files, 'file')}, ${bytes(item.bytes)}`),
      element('nav', { 'aria-label': 'Items' },
        step(previous, 'p', 'Previous item'),
        element('span', {}, position ? `${position.toLocaleString('en')} of ${all.toLocaleString('en')}` : `beside ${count(all, 'filtered item')}`),
        step(next, 'n', 'Next item')));
  }

  async #look(value, picture) {
    this.#shown?.remove();
    this.#shown = null;
    this.#run += 1;
    const run = this.#run;
    this.#drawChoice(picture);
    this.#stage.replaceChildren(element('div', { class: 'stage' }, element('p', { class: 'loading', role: 'status' }, 'Loading')));
    try {
      const shown = await this.#open(value, picture);
      if (run === this.#run) this.#shown = shown;
      else shown?.remove();
    } catch (error) {
      if (run !== this.#run) return;
      this.#stage.replaceChildren(
        element('p', { class: 'problem', role: 'alert' }, `It cannot be shown here: ${error.message ?? error}`),
        stillPicture(picture));
    }
  }

  async #open(value, picture) {
    const overlays = this.#item.values.filter((other) => other !== value && other.is_overlay && other.state === 'here');
    if (picture.view === 'volume') {
      const { showVolume } = await import('./volume.js');
      return showVolume(this.#stage, picture, value, overlays);
    }
    if (picture.view === 'slide') {
      const { showSlide } = await import('./slide.js');
      return showSlide(this.#stage, picture, value, overlays);
    }
    this.#stage.replaceChildren(stillPicture(picture));
    return null;
  }

  #drawChoice(current) {
    const images = choices(this.#item.values);
    const buttons = images.map(([value, picture], index) => element('button',
      { type: 'button', 'aria-pressed': String(picture === current), click: () => this.#look(value, picture) },
      element('img', { src: address('thumbnails', picture.path, '.jpg'), alt: '', width: 36, height: 36 }),
      label(value, picture, index)));
    this.#choice.replaceChildren(...(buttons.length > 1 ? buttons : []));
  }
}

function label(value, picture, index) {
  const { title } = value.socket;
  return value.pictures.length > 1 ? `${title} ${value.pictures.indexOf(picture) + 1}` : title || `Image ${index + 1}`;
}

/** The images of an item that can be shown, those that lie on top of others last. */
function choices(values) {
  return values
    .flatMap((value) => value.pictures.filter((picture) => picture.view).map((picture) => [value, picture]))
    .sort(([one], [other]) => Number(one.is_overlay) - Number(other.is_overlay));
}

/** Values to read come before the images, which are on the stage; what is not here comes last. */
function rank(value) {
  if (value.state !== 'here') return 2;
  return value.pictures.length > 0 ? 1 : 0;
}

function stillPicture(picture) {
  return element('div', { class: 'stage' }, element('img', { class: 'still', src: `${address('thumbnails', picture.path, '.jpg')}?edge=2048`, alt: 'The image, or its middle slice' }));
}

function failure(failed) {
  return element('section', { class: 'value failed' },
    element('header', {}, element('h3', {}, 'Failed last time')),
    element('p', {}, failed.place), element('p', {}, failed.reason), element('p', {}, element('i', {}, failed.next_step)));
}
