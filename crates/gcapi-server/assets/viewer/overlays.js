// What lies on top of an image: colours, names, switches.

import { element } from './element.js';

/** Colours that are told apart on grey, also by most who confuse red and green. */
const COLOURS = [
  [230, 159, 0], [86, 180, 233], [0, 158, 115], [240, 228, 66], [213, 94, 0], [204, 121, 167],
  [153, 113, 229], [0, 200, 200], [255, 120, 120], [150, 220, 90], [120, 140, 255], [200, 150, 100],
];

/** The colour of a label. */
export function colour(label) {
  return COLOURS[(Math.max(1, label) - 1) % COLOURS.length];
}

/** The segments that a value has: those of its socket, or those the platform saw in the image. */
export function segments(value) {
  const named = (Array.isArray(value.segments) ? value.segments : [])
    .filter((segment) => Number.isInteger(segment?.voxel_value))
    .map((segment) => ({ label: segment.voxel_value, name: segment.name, isVisible: segment.visible !== false }));
  if (named.length > 0) return named;
  const seen = Array.isArray(value.image?.segments) ? value.image.segments : [];
  return seen.filter(Number.isInteger).map((label) => ({ label, name: `Label ${label}`, isVisible: label !== 0 }));
}

/** The colours in the form of the volume viewer: label 0 is always transparent. */
export function labelColours(found) {
  const table = { R: [], G: [], B: [], A: [], I: [], labels: [] };
  const sorted = [{ label: 0, name: '', isVisible: false }, ...found.filter((one) => one.label > 0)].sort((a, b) => a.label - b.label);
  for (const { label, name, isVisible } of sorted) {
    const [red, green, blue] = colour(label);
    table.R.push(red);
    table.G.push(green);
    table.B.push(blue);
    table.A.push(label > 0 && isVisible ? 255 : 0);
    table.I.push(label);
    table.labels.push(name ?? '');
  }
  return table;
}

/** The colours in an address, for masks that the server draws; those without names have them too. */
export function addressedColours(value) {
  const named = segments(value).filter((one) => one.label > 0 && one.isVisible).map((one) => one.label);
  const labels = named.length > 0 ? named : COLOURS.map((_, index) => index + 1);
  const hexadecimal = (label) => colour(label).map((one) => one.toString(16).padStart(2, '0')).join('');
  return labels.map((label) => `${label}-${hexadecimal(label)}`).join('.');
}

/** The switches of overlays in a legend, with opacities and names of segments. */
export class Layers {
  #legend;
  #boxes = [];

  constructor(legend) {
    this.#legend = legend;
  }

  /** Adds an overlay; `apply` is called with the opacity it gets. */
  add(value, apply) {
    const opacity = element('input', { type: 'range', min: 0.05, max: 1, step: 0.05, value: 0.5, 'aria-label': `Opacity of ${value.socket.title}`, input: () => change() });
    const box = element('input', { type: 'checkbox', checked: true, change: () => change() });
    const change = () => apply(box.checked ? Number(opacity.value) : 0);
    const names = segments(value).filter((segment) => segment.label > 0).map((segment) => {
      const dot = element('span', { class: 'dot' });
      dot.style.background = `rgb(${colour(segment.label).join(' ')})`;
      return element('li', {}, dot, segment.name);
    });
    this.#legend.append(element('section', { class: 'layer' },
      element('label', { class: 'switch' }, box, element('b', {}, value.socket.title)), opacity, element('ul', {}, ...names)));
    this.#boxes.push(box);
  }

  /** All off, or all on; whether there are any. */
  toggle() {
    const isOn = this.#boxes.some((one) => one.checked);
    for (const box of this.#boxes) {
      box.checked = !isOn;
      box.dispatchEvent(new Event('change'));
    }
    return this.#boxes.length > 0;
  }
}
