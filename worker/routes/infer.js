// POST /v2/models/{model}[/versions/{version}]/infer: tensors in, tensors out.
import { parseObject, requireMediaType } from '../body.js';
import { invalid } from '../errors.js';
import { responseOf, splitBody, tensorsOf, wantedOutputs } from '../open_inference.js';

const LENGTH = 'inference-header-content-length';

export async function infer({ request, params, body, use, run }) {
  requireMediaType(request, 'application/json', 'application/octet-stream');
  const { json, binary } = splitBody(await body(), request.headers.get(LENGTH));
  const asked = parseObject(json);
  if (asked.id !== undefined && typeof asked.id !== 'string') throw invalid('id: expected a string');
  return use(params.model, async (served) => {
    const tensors = tensorsOf(asked, binary);
    const wanted = wantedOutputs(asked, served.session.outputNames);
    const outputs = await run(served, () => served.session.run(tensors));
    return responseOf({ model_name: served.name, model_version: served.version, id: asked.id }, wanted, outputs);
  });
}
