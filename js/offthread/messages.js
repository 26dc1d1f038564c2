// Conversions for messages between threads: errors by their fields, typed arrays by transfer.
import { OnedgeError } from '../error.js';
import { tensorOf } from '../tensor.js';

const KINDS = { TypeError, RangeError };

export function packError(error) {
  const { name, message, code, node, op } = error ?? {};
  return error instanceof OnedgeError ? { details: { code, message, node, op } } : { name, message: message ?? String(error) };
}

export function unpackError({ details, name, message }) {
  if (details) return new OnedgeError(details);
  if (name === 'AbortError') return new DOMException(message, name);
  return new (KINDS[name] ?? Error)(message);
}

/** The buffers of all typed arrays in `value`; each array owns its buffer. */
export function buffersIn(value, found = new Set()) {
  if (ArrayBuffer.isView(value)) found.add(value.buffer);
  else if (value !== null && typeof value === 'object') for (const part of Object.values(value)) buffersIn(part, found);
  return [...found];
}

/** Tensors by name, made Tensor objects again: structured clones have no class. */
export function revived(tensors) {
  for (const [name, part] of Object.entries(tensors)) if (part?.dims) tensors[name] = tensorOf(part, name);
  return tensors;
}
