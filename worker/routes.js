// What each route does: {get: name -> {name, model}, body: the request's JSON, query, batchOf: checks a batch} to JSON. The shapes are text-embeddings-inference's.
import { OnedgeError } from 'onedge';

const invalid = (message) => new OnedgeError({ code: 'INVALID_ARGUMENT', message });

export const routes = {
  'GET /info': async ({ get, query }) => infoOf(await get(query.get('model') ?? undefined)),
  'GET /v2': async () => ({ name: 'onedge', version: '2', extensions: [] }),
  'GET /v2/models/*': async ({ get, name }) => metadataOf(await get(name)),

  async 'POST /predict'({ get, body, batchOf }) {
    const { model } = await get(body.model);
    requireTask(model, 'text-classification');
    // A string, or a batch of [text]: a flat array of two texts is a pair there.
    const single = typeof body.inputs === 'string';
    const batch = batchOf(single ? [body.inputs] : body.inputs).map((input) => (Array.isArray(input) && input.length === 1 ? input[0] : input));
    const answers = await model.run(batch.map(requireText), { topK: 0 });
    return single ? answers[0] : answers;
  },
  async 'POST /embed'({ get, body, batchOf }) {
    const { model } = await get(body.model);
    requireTask(model, 'feature-extraction');
    const batch = batchOf(typeof body.inputs === 'string' ? [body.inputs] : body.inputs);
    return (await model.run(batch.map(requireText))).map((vector) => Array.from(vector));
  },
  async 'POST /tokenize'({ get, body, batchOf }) {
    const { tokenizer } = (await get(body.model)).model;
    if (!tokenizer) throw invalid('this model has no tokenizer');
    const texts = batchOf(typeof body.inputs === 'string' ? [body.inputs] : body.inputs).map(requireText);
    const encodings = tokenizer.encodeBatch(texts, { addSpecialTokens: body.add_special_tokens ?? true, padding: false, truncation: false });
    return encodings.map(({ ids, offsets, specialTokensMask }) =>
      Array.from(ids, (id, i) => ({ id, text: tokenizer.idToToken(id), special: specialTokensMask[i] === 1, start: offsets[i][0], stop: offsets[i][1] })),
    );
  },
  async 'POST /decode'({ get, body, batchOf }) {
    const { tokenizer } = (await get(body.model)).model;
    if (!tokenizer) throw invalid('this model has no tokenizer');
    const batch = typeof body.ids?.[0] === 'number' ? [body.ids] : batchOf(body.ids);
    return batch.map((ids) => tokenizer.decode(ids, { skipSpecialTokens: body.skip_special_tokens ?? true }));
  },
};

function requireTask(model, task) {
  if (model.task !== task) throw invalid(`the task of model '${model.name}' is '${model.task}', not '${task}'`);
}

function requireText(input) {
  if (typeof input !== 'string') throw invalid(`inputs: expected texts, got ${Array.isArray(input) ? 'an array' : typeof input}`);
  return input;
}

function infoOf({ name, model }) {
  const { version, digest, task, labels, signature } = model.description;
  return { model_id: name, model_sha: digest, version, task, labels, signature };
}

function metadataOf({ name, model }) {
  const { version, signature } = model.description;
  const tensorOf = ({ name, dtype, shape }) => ({ name, datatype: dtype.toUpperCase().replace('FLOAT', 'FP'), shape: (shape ?? []).map((dim) => (typeof dim === 'number' ? dim : -1)) });
  return { name, versions: [version], platform: 'onnx', inputs: signature.inputs.map(tensorOf), outputs: signature.outputs.map(tensorOf) };
}
