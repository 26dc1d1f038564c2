// The routes that the core answers. The Worker chooses the model: for most routes by the body's `model`, for the Open
// Inference Protocol by the path.
import { requireMediaType } from '../body.js';

const byBody = (route) => async ({ json, use, answer }) => use((await json()).model, (served) => answer(served, route));

export const predict = byBody('predict');
export const embed = byBody('embed');
export const embedAll = byBody('embed_all');
export const rerank = byBody('rerank');
export const tokenize = byBody('tokenize');
export const decode = byBody('decode');
export const embeddings = byBody('embeddings');

export async function infer({ request, params, use, answer }) {
  requireMediaType(request, 'application/json', 'application/octet-stream');
  return use(params.model, (served) => answer(served, 'infer', request.headers.get('inference-header-content-length')));
}
