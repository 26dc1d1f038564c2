// The metadata of a model: version, signature and limits. Answers carry a strong ETag. If the catalog has the model's
// digest, the ETag is known without loading the model.
import { sha256 } from 'onedge/internal';

// The Open Inference Protocol's name of an ONNX type, or ONNX's name in capitals if the protocol has none.
const DATATYPES = { float16: 'FP16', bfloat16: 'BF16', float32: 'FP32', float64: 'FP64', string: 'BYTES' };
const datatypeOf = (dtype) => DATATYPES[dtype] ?? dtype.toUpperCase();

export const server = () => ({ name: 'onedge', version: '2', extensions: ['binary_tensor_data'] });

/** In text-embeddings-inference's shape, with the fields that `load({fallback})` needs. */
export const info = (context) =>
  tagged(context, context.url.searchParams.get('model') ?? undefined, ({ name, version, description, model, entry }) => {
    const { digest, task, labels, signature } = description;
    const { maxBatch, maxBatchTokens, maxConcurrent, maxTokens } = context.limits;
    const settings = { ...description.manifest?.preprocessing, ...description.manifest?.postprocessing };
    const finite = (limit) => (Number.isFinite(limit) ? limit : null);
    return {
      model_id: name,
      model_sha: digest,
      file_digest: entry.digest ? `sha256:${entry.digest}` : null,
      version,
      task,
      labels,
      signature,
      model_type: typeOf(task, labels, settings),
      max_input_length: finite(Math.min(settings.max_length || Infinity, maxTokens)),
      max_batch_tokens: finite(maxBatchTokens),
      max_client_batch_size: finite(maxBatch),
      max_concurrent_requests: finite(maxConcurrent),
      auto_truncate: false,
      tokenization_workers: 1,
      build: model.stats().build,
    };
  });

function typeOf(task, labels, { pooling = 'mean' }) {
  if (task === 'feature-extraction' || task === 'sentence-similarity') return { embedding: { pooling } };
  const id2label = Object.fromEntries(labels.map((label, id) => [id, label]));
  const label2id = Object.fromEntries(labels.map((label, id) => [label, id]));
  if (task === 'text-ranking') return { reranker: { id2label, label2id } };
  return task.endsWith('-classification') ? { classifier: { id2label, label2id } } : null;
}

/** In the shape of the Open Inference Protocol. */
export const model = (context) =>
  tagged(context, context.params.model, ({ name, version, description }, versions) => {
    const tensorOf = ({ name, dtype, shape }) => ({
      name,
      datatype: dtype ? datatypeOf(dtype) : 'BYTES',
      shape: (shape ?? []).map((dim) => (typeof dim === 'number' ? dim : -1)),
    });
    const { inputs, outputs } = description.signature;
    return { name, versions: versions.length ? versions : [version], platform: 'onnx', inputs: inputs.map(tensorOf), outputs: outputs.map(tensorOf) };
  });

/** Loads the model, so that it is ready for the next request. */
export async function modelReady({ params, use }) {
  return use(params.model, ({ name }) => ({ name, ready: true }));
}

async function tagged({ url, request, models, choose, use, onAnswer }, reference, describe) {
  const entry = await choose(reference);
  const versions = (await models()).get(entry.name).entries.map(({ version }) => version).filter(Boolean);
  const etagOf = async (version, digest) => `"${(await sha256([url.pathname, url.search, version, digest, ...versions].join('\n'))).slice(0, 32)}"`;
  const answer = (etag, respond) => {
    const headers = { etag, 'cache-control': 'no-cache', vary: 'x-onedge-key' };
    return matches(request.headers.get('if-none-match'), etag) ? new Response(null, { status: 304, headers }) : respond(headers);
  };
  if (entry.digest && entry.version) {
    const etag = await etagOf(entry.version, entry.digest);
    onAnswer(entry);
    return answer(etag, (headers) => use(reference, (served) => Response.json(describe(served, versions), { headers })));
  }
  return use(reference, async (served) => {
    const etag = await etagOf(served.version, served.description.digest);
    return answer(etag, (headers) => Response.json(describe(served, versions), { headers }));
  });
}

/** If-None-Match compares weakly: a cache in between may have weakened a tag. */
export const matches = (header, etag) => header !== null && header.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
