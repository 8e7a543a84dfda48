// A volume in three planes, with overlays, drawn by NiiVue.

import { address } from './ask.js';
import { element } from './element.js';
import { labelColours, Layers, segments } from './overlays.js';
import { windowChoice } from './window.js';
import { short } from './words.js';

const PLANES = [['Three planes', 3], ['Axial', 0], ['Coronal', 1], ['Sagittal', 2], ['3D', 4]];

/** Numbers of the library that it does not give out by name. */
const NEVER = 0;
const CONTRAST = 1;

/** Grey for images whose least sample is the brightest, which the library does not have. */
const INVERTED = 'inverted grey';
const FROM_WHITE_TO_BLACK = { R: [255, 0], G: [255, 0], B: [255, 0], A: [0, 128], I: [0, 255] };

/** Shows a volume in a place and gives what the keys do, and how to take it away. */
export async function showVolume(place, picture, value, overlays) {
  const { Niivue } = await import('./niivue.js');
  const canvas = element('canvas', { tabindex: 0, 'aria-label': 'Slices of the volume: arrow keys move through them' });
  const location = element('output', { class: 'location' });
  const status = element('p', { class: 'loading', role: 'status' }, 'Loading the volume');
  const tools = element('div', { class: 'tools', role: 'toolbar', 'aria-label': 'Volume' });
  const legend = element('div', { class: 'legend' });
  const stage = element('div', { class: 'stage' }, canvas, status, location);
  place.replaceChildren(tools, stage, legend);

  const viewer = new Niivue({
    backColor: [0, 0, 0, 1],
    crosshairColor: [0.2, 0.75, 0.85, 0.7],
    crosshairWidth: 0.4,
    crosshairWidthUnit: 'percent',
    show3Dcrosshair: true,
    multiplanarShowRender: NEVER,
    dragMode: CONTRAST,
    // The patient's right is on the left, as where images are read.
    isRadiologicalConvention: true,
    dragAndDropEnabled: false,
    isNearestInterpolation: false,
    isCornerOrientationText: false,
    loadingText: '',
    logLevel: 'silent',
    // Keys are those of the page.
    viewModeHotKey: '', clipPlaneHotKey: '', cycleClipPlaneHotKey: '',
  });
  viewer.onLocationChange = (where) => {
    const [base] = where.values ?? [];
    if (!base) return;
    const voxel = Array.from(base.vox ?? []).map(Math.round).join(', ');
    const label = labelAt(where.values.slice(1));
    location.textContent = `voxel ${voxel} · value ${short(base.value)}${label ? ` · ${label}` : ''}`;
  };
  const drawn = overlays.filter((overlay) => overlay.pictures.some((one) => one.view === 'volume'));
  const labelAt = (values) => values.map((one, index) => {
    const found = segments(drawn[index] ?? {}).find((segment) => segment.label === Math.round(one.value));
    return found && found.label > 0 ? found.name : null;
  }).filter(Boolean).join(', ');

  await viewer.attachToCanvas(canvas);
  viewer.addColormap(INVERTED, FROM_WHITE_TO_BLACK);
  await viewer.loadVolumes([
    { url: address('volumes', picture.path, '.nii'), name: 'volume.nii', colormap: picture.is_inverted ? INVERTED : 'gray' },
    ...drawn.map((overlay) => ({
      url: address('volumes', overlay.pictures.find((one) => one.view === 'volume').path, '.nii'),
      name: `${overlay.socket.slug}.nii`,
      colormap: 'warm',
      opacity: 0.5,
    })),
  ]);
  status.remove();
  const [base, ...layers] = viewer.volumes;
  const automatic = [base.cal_min, base.cal_max];
  layers.forEach((layer, index) => {
    const found = segments(drawn[index]);
    if (found.length > 0) layer.setColormapLabel(labelColours(found));
    else layer.cal_min = layer.global_min + 0.05 * (layer.global_max - layer.global_min);
  });
  viewer.setSliceType(place.clientWidth < 520 ? 0 : 3);

  const windows = windowChoice(value, automatic, (black, white) => {
    base.cal_min = black;
    base.cal_max = white;
    viewer.updateGLVolume();
  });
  viewer.onIntensityChange = () => windows.note(base.cal_min, base.cal_max);
  const planes = PLANES.map(([name, type]) => element('button', { type: 'button', 'aria-pressed': String(viewer.opts.sliceType === type), click: (event) => {
    viewer.setSliceType(type);
    for (const other of planes) other.setAttribute('aria-pressed', String(other === event.currentTarget));
  } }, name));
  tools.append(
    element('span', { class: 'group', role: 'group', 'aria-label': 'Planes' }, ...planes),
    windows.element,
  );

  const switches = new Layers(legend);
  layers.forEach((layer, index) => switches.add(drawn[index], (opacity) => viewer.setOpacity(index + 1, opacity)));
  const step = (x, y, z) => { viewer.moveCrosshairInVox(x, y, z); };
  const moves = { ArrowUp: [0, 0, 1], ArrowDown: [0, 0, -1], ArrowRight: [1, 0, 0], ArrowLeft: [-1, 0, 0], PageUp: [0, 0, 10], PageDown: [0, 0, -10] };
  return {
    key(key) {
      if (key in moves) step(...moves[key]);
      else if (key === 'o') return switches.toggle();
      else return false;
      return true;
    },
    remove() {
      viewer.cleanup();
      // Browsers allow a dozen of these at a time, and take long to notice that one is gone.
      viewer.gl?.getExtension('WEBGL_lose_context')?.loseContext();
    },
  };
}
