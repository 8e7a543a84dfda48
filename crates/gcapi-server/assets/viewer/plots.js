// Small plots, drawn as SVG.

import { drawing } from './element.js';
import { bytes, count } from './words.js';

/** A bar as long as `part` of `whole`. */
export function bar(part, whole) {
  const width = whole > 0 ? Math.max(part > 0 ? 2 : 0, (100 * part) / whole) : 0;
  return drawing(
    'svg',
    { class: 'bar', viewBox: '0 0 100 4', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    drawing('rect', { class: 'all', width: 100, height: 4 }),
    drawing('rect', { class: 'part', width, height: 4 }),
  );
}

/** A histogram of sizes, from pairs of a power of two and a count. */
export function sizes(bins) {
  if (bins.length === 0) return drawing('svg', { class: 'histogram', viewBox: '0 0 200 60' });
  const first = bins[0][0];
  const last = bins[bins.length - 1][0];
  const counts = new Map(bins);
  const most = Math.max(...counts.values());
  const step = 200 / (last - first + 1);
  const bars = [];
  for (let bin = first; bin <= last; bin += 1) {
    const number = counts.get(bin) ?? 0;
    const height = number === 0 ? 0 : Math.max(2, (44 * number) / most);
    const gap = Math.min(1.5, step / 6);
    const says = `${count(number, 'item')} of ${bytes(2 ** bin)} to ${bytes(2 ** (bin + 1))}`;
    bars.push(
      drawing(
        'rect',
        { class: 'part', x: (bin - first) * step + gap, y: 46 - height, width: step - 2 * gap, height, rx: 1 },
        drawing('title', {}, says),
      ),
    );
  }
  const word = (x, anchor, text) => drawing('text', { x, y: 57, 'text-anchor': anchor }, text);
  return drawing(
    'svg',
    {
      class: 'histogram',
      viewBox: '0 0 200 60',
      role: 'img',
      'aria-label': `Sizes of items from ${bytes(2 ** first)} to ${bytes(2 ** (last + 1))}`,
    },
    drawing('line', { x1: 0, x2: 200, y1: 46.5, y2: 46.5 }),
    ...bars,
    word(0, 'start', bytes(2 ** first)),
    word(200, 'end', bytes(2 ** (last + 1))),
  );
}
