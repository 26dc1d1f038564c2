// The form fields for a visitor's own model, their values, and random tensors of the given sizes.
import { Tensor } from '../browser.js';

const MOST = 2e7; // element limit for a generated input

function labelled(text, control) {
  const label = Object.assign(document.createElement('label'), { textContent: text });
  label.append(control);
  return label;
}
const control = (tag, properties) => Object.assign(document.createElement(tag), properties);

/** Makes a factory of a text field; `rows`: of several lines. */
export const field = (name, label, value, rows) => () =>
  labelled(label, rows ? control('textarea', { name, value, rows, required: true }) : control('input', { type: 'text', name, value, required: true }));

/** Makes a factory of a file field. */
export const chooser = (name, label, accept) => () => labelled(label, control('input', { type: 'file', name, accept, required: true }));

/** The values of a form: texts, and pixels for image files. */
export async function valuesOf(form) {
  const values = Object.fromEntries(new FormData(form));
  for (const [name, value] of Object.entries(values)) if (value instanceof File) values[name] = await pixelsOf(value);
  return values;
}

async function pixelsOf(file) {
  const bitmap = await createImageBitmap(file).catch((error) => {
    throw new Error(`${file.name} is not an image that this browser can read: ${error.message}`, { cause: error });
  });
  const pen = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
  pen.drawImage(bitmap, 0, 0);
  return pen.getImageData(0, 0, bitmap.width, bitmap.height);
}

/** The name of a dimension with an open size; null for a fixed size. Equal names have equal sizes. */
const openName = ({ name }, dim, axis) => (typeof dim === 'number' ? null : (dim ?? `${name}, axis ${axis}`));

/** A field for each open size. */
export function dimensionFields(inputs) {
  const names = new Set(inputs.flatMap((one) => (one.shape ?? []).map((dim, axis) => openName(one, dim, axis)).filter((name) => name !== null)));
  return [...names].map((name) => {
    const value = /seq|len|time|token|steps/i.test(name) ? 16 : /height|width/i.test(name) ? 224 : 1;
    return labelled(`Size of ${name}`, control('input', { type: 'number', name, min: 1, step: 1, required: true, value }));
  });
}

/** A tensor for each input, with the sizes from `form`. */
export function randomFeeds(inputs, form) {
  const sizes = new FormData(form);
  return Object.fromEntries(
    inputs.map((one) => {
      const dims = (one.shape ?? [1]).map((dim, axis) => (typeof dim === 'number' ? dim : Number(sizes.get(openName(one, dim, axis)))));
      const count = dims.reduce((product, dim) => product * dim, 1);
      if (count > MOST) throw new Error(`input '${one.name}': [${dims.join(', ')}] exceeds this page's limit for random inputs, ${MOST} elements`);
      return [one.name, new Tensor(one.dtype, Array.from({ length: count }, MAKERS[one.dtype] ?? integer), dims)];
    }),
  );
}

// Integers are 0 or 1, which are valid in any vocabulary. Floats are in [0, 1); those of 16 bits are bit patterns in
// [0.5, 1).
const integer = () => Math.round(Math.random());
const bits = (exponent, fraction) => () => exponent | Math.floor(Math.random() * fraction);
const MAKERS = {
  float32: Math.random, float64: Math.random, float16: bits(0x3800, 1024), bfloat16: bits(0x3f00, 128), string: () => 'text',
};
