// Compiled, not run: the package's types under strict TypeScript.
import { caches, load, OnedgeError, Session, Tensor, Tokenizer } from 'onedge';
import type { Encoding, LabelScore, ModelStats, Progress, RankedText, SpanAnswer, StepProfile, ZeroShotAnswer } from 'onedge';
import { assets, kv, r2, serve, url } from 'onedge/worker';
import type { ServeOptions, Store as ModelStore } from 'onedge/worker';

export async function use(url: URL, signal: AbortSignal): Promise<LabelScore | undefined> {
  const onProgress = ({ loaded, total, phase }: Progress) => console.log(phase, loaded / (total ?? loaded));
  using model = await load(url, { signal, onProgress, memoryLimit: 96e6, cache: 'auto', threads: 'auto' });
  const [best] = await model.run('text', { topK: 3, signal });
  const vector = await model.run<Float32Array>('text');
  const batch: LabelScore[][] = await model.run(['a', 'b']);
  const spans: SpanAnswer[] = await model.run({ question: 'q', context: 'c' }, { max_answer_len: 3, handleImpossibleAnswer: true });
  const tensors = await model.run({ input_ids: new Tensor('int64', [1n], [1, 1]) });
  const labels = await model.run<ZeroShotAnswer>(['a', ['a', 'b']], { candidate_labels: ['x'], top_k: null });
  const ids = await model.run({ ids: [1, 2] }, { truncation: true, truncationSide: 'left', output: 'logits' });
  const ranked = await model.run<RankedText[]>({ query: 'q', texts: ['a'] }, { return_text: true, truncation_side: 'right', returnText: true });
  console.log(ids[0]?.label, ranked[0]?.text?.length, await model.run([{ ids: new Int32Array(2) }, 'b'], { truncation: false }));
  // @ts-expect-error the tokenizer's object of truncation is not the task's option
  await model.run('a', { truncation: { maxLength: 3 } });
  // @ts-expect-error a side that does not exist
  await model.run('a', { truncation_side: 'top' });
  console.log(tensors.logits?.dims, spans[0]?.start.toFixed(), labels[0]?.scores[0]?.toFixed());
  // @ts-expect-error an option that no task has
  await model.run('a', { topk: 1 });
  const stats: ModelStats = model.stats();
  console.log(vector.length, batch.length, stats.cache, model.tokenizer?.encode('x').ids);

  const remote = await load('model.onedge', { worker: true, fallback: 'https://example.org' });
  const encoding: Encoding | undefined = await remote.tokenizer?.encode('x', { padding: true });
  console.log(encoding?.offsets, remote.stats().worker);

  const session = await Session.create(new Uint8Array(1));
  const { logits } = await session.run({ input_ids: new Tensor('int64', [1n, 2n], [1, 2]) }, { cancelled: () => false });
  const tokenizer = await Tokenizer.from('{}', { merges: new Uint8Array(), lowercase: true, family: 'gpt2' });
  console.log(logits?.dims, tokenizer.decode([1]), await caches.list(), await caches.delete(url));

  using second = await model.session();
  const { outputs, steps } = await second.profile({ input_ids: new Tensor('int64', [1n], [1, 1]) }, { signal });
  const slowest: StepProfile | undefined = steps.sort((a, b) => b.ms - a.ms)[0];
  console.log(outputs.logits?.dims, slowest?.opType, slowest?.lowered, (await remote.session()).outputNames);

  // @ts-expect-error an option that does not exist
  await load(url, { onprogress: onProgress });
  // @ts-expect-error a dtype that does not exist
  new Tensor('float', [1]);
  try {
    await load('x', { cache: new Store() });
  } catch (error) {
    if (error instanceof OnedgeError && error.code === 'NOT_FOUND') return undefined;
  }
  return best;
}

class Store {
  get(key: string): Promise<Response | undefined> {
    return Promise.resolve(key ? new Response() : undefined);
  }
  async put(key: string, response: Response): Promise<void> {
    console.log(key, await response.blob());
  }
}

interface Bindings {
  ASSETS: { fetch(url: string): Promise<Response> };
  BUCKET: { get(key: string): Promise<{ body: ReadableStream; size: number } | null> };
  KV: { get(key: string, type: 'json'): Promise<unknown>; get(key: string, type: 'stream'): Promise<ReadableStream | null> };
  TOKEN: string;
}
export const stores = ({ ASSETS, BUCKET, KV }: Bindings): ModelStore[] => [assets(ASSETS), r2(BUCKET), kv(KV), url('https://example.org'), { open: async () => null }];
export const worker = serve((env: Bindings) => ({ models: { langid: 'langid.onedge', other: { file: 'x', digest: 'sha256:00' } }, store: assets(env.ASSETS), token: env.TOKEN }));
export const options: ServeOptions = { catalog: 'catalog.json', store: url('https://example.org'), cors: ['https://a.example'], cache: false };
// @ts-expect-error a limit that does not exist
serve({ ...options, maxRequests: 7 });
