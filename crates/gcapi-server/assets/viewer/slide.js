// A slide, or any picture of two dimensions, drawn tile by tile by OpenSeadragon.

import { address, ask } from './ask.js';
import { element } from './element.js';
import { addressedColours, Layers } from './overlays.js';
import { windowChoice } from './window.js';

let library;

/** The library is an ordinary script that leaves a global name. */
function openSeadragon() {
  library ??= new Promise((loaded, failed) => {
    document.head.append(element('script', { src: 'assets/openseadragon.js', load: () => loaded(window.OpenSeadragon), error: failed }));
  });
  return library;
}

/** Shows a slide in a place and gives what the keys do, and how to take it away. */
export async function showSlide(place, picture, value, overlays) {
  // What has more than 8 bits is drawn by the server, with a window.
  const isWindowed = picture.element !== 'u8';
  const [OpenSeadragon, automatic] = await Promise.all([openSeadragon(), isWindowed ? ask(address('windows', picture.path)) : null]);
  const stage = element('div', { class: 'stage slide', role: 'group', 'aria-label': 'The slide: arrow keys move it, plus and minus zoom' });
  const scale = element('div', { class: 'scale' }, element('span'), element('output'));
  const button = (name, label, act) => element('button', { type: 'button', 'aria-label': label, title: label, click: act }, name);
  const tools = element('div', { class: 'tools', role: 'toolbar', 'aria-label': 'Slide' });
  const legend = element('div', { class: 'legend' });
  place.replaceChildren(tools, element('div', { class: 'holder' }, stage, scale), legend);
  const viewer = new OpenSeadragon.Viewer({
    element: stage,
    tileSources: isWindowed ? null : address('slides', picture.path, '.dzi'),
    drawer: 'canvas',
    showNavigationControl: false,
    showNavigator: false,
    animationTime: 0.4,
    maxZoomPixelRatio: 4,
    visibilityRatio: 0.5,
    gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
  });
  const { viewport } = viewer;
  const zoom = (factor) => { viewport.zoomBy(factor); viewport.applyConstraints(); };
  const home = () => viewport.goHome();
  tools.append(element('span', { class: 'group' }, button('+', 'Zoom in', () => zoom(1.6)), button('−', 'Zoom out', () => zoom(1 / 1.6)), button('Whole', 'The whole slide', home)));
  if (isWindowed) {
    const draw = windowed(viewer, address('slides', picture.path, '.dzi'));
    tools.append(windowChoice(value, [automatic.black, automatic.white], draw).element);
  }
  const layers = new Layers(legend);
  for (const overlay of overlays) addMask(viewer, layers, overlay);
  const millimetres = picture.spacing?.[0];
  // A distance of exactly 1 stands for one that is unknown.
  if (millimetres > 0 && millimetres !== 1) viewer.addHandler('update-viewport', () => drawScale(viewer, scale, millimetres));
  const pan = (x, y) => { viewport.panBy(viewport.deltaPointsFromPixels(new OpenSeadragon.Point(x, y))); viewport.applyConstraints(); };
  const keys = { '+': () => zoom(1.6), '=': () => zoom(1.6), '-': () => zoom(1 / 1.6), 0: home, ArrowLeft: () => pan(-80, 0), ArrowRight: () => pan(80, 0), ArrowUp: () => pan(0, -80), ArrowDown: () => pan(0, 80) };
  // The page has the keys; the library would take them a second time.
  viewer.innerTracker.keyHandler = null;
  viewer.innerTracker.keyDownHandler = null;
  return {
    key(key) {
      if (key === 'o') return layers.toggle();
      keys[key]?.();
      return key in keys;
    },
    remove: () => viewer.destroy(),
  };
}

/** Draws a picture with a window, one window after the other: of two that load at once the older might end on top. */
function windowed(viewer, description) {
  let wanted = null;
  let isLoading = false;
  const load = () => {
    const tileSource = wanted;
    isLoading = true;
    const ended = () => {
      isLoading = false;
      // From the second on, the part that is looked at stays.
      viewer.preserveViewport = viewer.world.getItemCount() > 0;
      if (wanted !== tileSource) load();
    };
    viewer.addTiledImage({ tileSource, index: 0, replace: viewer.world.getItemCount() > 0, success: ended, error: ended });
  };
  return (black, white) => {
    wanted = `${description}?black=${black}&white=${white}`;
    if (!isLoading) load();
  };
}

/** Lays a mask over the slide; both show the same, whatever their resolutions. */
function addMask(viewer, layers, overlay) {
  const mask = overlay.pictures.find((one) => one.view === 'slide' && one.element === 'u8' && one.channels === 1);
  if (!mask) return;
  let opacity = 0.5;
  let item = null;
  const add = () => viewer.addTiledImage({
    tileSource: `${address('masks', mask.path, '.dzi')}?colours=${addressedColours(overlay)}`,
    opacity,
    success: (added) => { ({ item } = added); item.setOpacity(opacity); },
  });
  layers.add(overlay, (chosen) => { opacity = chosen; item?.setOpacity(opacity); });
  // It lies on top only if the slide is there first.
  if (viewer.world.getItemCount() > 0) add();
  else viewer.world.addOnceHandler('add-item', add);
}

/** A bar of a round length, at most a quarter as long as the slide is wide on the screen. */
function drawScale(viewer, scale, millimetres) {
  const image = viewer.world.getItemAt(0);
  if (!image) return;
  const perPixel = millimetres / image.viewportToImageZoom(viewer.viewport.getZoom(true));
  const longest = perPixel * Math.min(160, viewer.element.clientWidth / 4);
  const power = 10 ** Math.floor(Math.log10(longest));
  const round = [5, 2, 1].map((one) => one * power).find((one) => one <= longest);
  scale.firstChild.style.width = `${round / perPixel}px`;
  const text = round >= 1 ? `${round} mm` : `${Number((round * 1000).toPrecision(3))} µm`;
  if (scale.lastChild.textContent !== text) scale.lastChild.textContent = text;
}
