// Black and white of what is shown in grey: numbers to type, and windows that are usual.

import { element } from './element.js';
import { short } from './words.js';

/** Windows that are usual for computed tomography: centre and width in Hounsfield units. */
const CT_WINDOWS = { 'Soft tissue': [40, 400], Lung: [-600, 1500], Bone: [400, 1800], Brain: [40, 80], Liver: [60, 160] };

/** The choice of a window; `apply(black, white)` draws it, with the first one at once. */
export function windowChoice(value, automatic, apply) {
  const presets = windows(value, automatic);
  let shown = [];
  const lower = number('Black', () => choose(Number(lower.value), shown[1]));
  const upper = number('White', () => choose(shown[0], Number(upper.value)));
  const preset = element('select', { 'aria-label': 'Window', change: () => choose(...presets[preset.value]) },
    ...Object.keys(presets).map((name) => element('option', {}, name)), element('option', { value: '', hidden: true }, 'Own window'));

  /** Writes down a window that is shown already. */
  function note(black, white) {
    shown = [black, white];
    lower.value = short(black);
    upper.value = short(white);
    const known = Object.entries(presets).find(([, [low, high]]) => low === black && high === white);
    preset.value = known ? known[0] : '';
  }

  function choose(black, white) {
    if (!(white > black)) return note(...shown);
    apply(black, white);
    note(black, white);
  }

  choose(...Object.values(presets)[0]);
  return {
    element: element('span', { class: 'group' }, preset, element('label', {}, 'Black ', lower), element('label', {}, 'White ', upper)),
    note,
  };
}

function number(label, change) {
  return element('input', { type: 'number', step: 'any', 'aria-label': `${label} of the window`, change });
}

/** Windows to choose from; the first is the one to start with. */
function windows(value, automatic) {
  const of = ([centre, width]) => [centre - width / 2, centre + width / 2];
  const { window_center: centre, window_width: width, modality } = value.image ?? {};
  const said = typeof centre === 'number' && typeof width === 'number' && width > 0 ? { 'As acquired': of([centre, width]) } : {};
  const usual = modality?.modality === 'CT' ? Object.entries(CT_WINDOWS).map(([name, window]) => [name, of(window)]) : [];
  return { ...said, Automatic: automatic, ...Object.fromEntries(usual) };
}
