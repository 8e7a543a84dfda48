// Colours and names of what lies on top of an image.

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
