// The page of chromium_answers.mjs: fetches a runtime and a model, answers a text, and measures the time from the first
// import; then it repeats the answer. Both engines give the same answer from the same weights. The peer has no
// tokenizer, so it uses Hugging Face's in JS.

const engines = {
  async onedge({ url }) {
    const { load } = await import('/js/browser.js');
    const model = await load(url, { threads: 1 });
    return { run: async (text) => summary(model.task, await model.run(text)), stats: () => model.stats() };
  },

  async 'onnxruntime-web'({ folder, weights, task, labels, maxLength }) {
    const [ort, { Tokenizer }, json] = await Promise.all([
      import('/peers/onnxruntime-web/dist/ort.wasm.bundle.min.mjs'),
      import('/peers/@huggingface/tokenizers/dist/tokenizers.min.mjs'),
      fetch(`${folder}/tokenizer.json`).then((response) => response.json()),
    ]);
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmPaths = '/peers/onnxruntime-web/dist/';
    const externalData = weights ? [{ path: weights, data: `${folder}/${weights}` }] : undefined;
    const session = await ort.InferenceSession.create(`${folder}/model.onnx`, { executionProviders: ['wasm'], externalData });
    const tokenizer = new Tokenizer(json, {});
    const run = async (text) => {
      let { ids } = tokenizer.encode(text);
      if (ids.length > maxLength) ids = [...ids.slice(0, maxLength - 1), ids.at(-1)];
      const dims = [1, ids.length];
      const values = { input_ids: (id) => BigInt(id), attention_mask: () => 1n, token_type_ids: () => 0n };
      const feeds = Object.fromEntries(session.inputNames.map((name) => [name, new ort.Tensor('int64', BigInt64Array.from(ids, values[name]), dims)]));
      const output = (await session.run(feeds))[session.outputNames[0]];
      return summary(task, task === 'text-classification' ? best(output.data, labels) : meanOf(output.data, ids.length));
    };
    return { run, stats: () => ({}) };
  },
};

function best(logits, labels) {
  const exponentials = logits.map((logit) => Math.exp(logit - Math.max(...logits)));
  const score = Math.max(...exponentials);
  return [{ label: labels[exponentials.indexOf(score)], score: score / exponentials.reduce((sum, one) => sum + one, 0) }];
}

function meanOf(states, tokens) {
  const width = states.length / tokens;
  const mean = Array.from({ length: width }, (_, i) => {
    let sum = 0;
    for (let t = 0; t < tokens; ++t) sum += states[t * width + i];
    return sum / tokens;
  });
  const norm = Math.hypot(...mean);
  return mean.map((one) => one / norm);
}

/** The part of an answer on which both engines must agree. */
const summary = (task, answer) => (task === 'text-classification' ? answer[0] : Array.from(answer));

globalThis.measure = async (engine, model, text, warm) => {
  const start = performance.now();
  const { run, stats } = await engines[engine](model);
  const answer = await run(text);
  const first = performance.now() - start;
  // Chromium's clock ticks every 0.1 ms. This takes the mean of each tenth of the runs, so that one pause does not
  // count.
  const means = [];
  for (let i = 0; i < 10; ++i) {
    const began = performance.now();
    for (let k = 0; k < warm / 10; ++k) await run(text);
    means.push((performance.now() - began) / (warm / 10));
  }
  return { answer, first, warm: means.sort((a, b) => a - b)[5], cache: stats().cache, build: stats().build };
};
