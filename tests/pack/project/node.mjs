// A user's Node program.
import { caches, load, OnedgeError, Session, Tensor, Tokenizer } from 'onedge';

if (![caches.list, Session.create, Tensor, Tokenizer.from, OnedgeError].every((one) => typeof one === 'function')) throw new Error('an export is missing');
for (const worker of [false, true]) {
  const model = await load(new URL('langid-int8.onedge', import.meta.url), { worker });
  const [best] = await model.run('Das ist ein ganz gewöhnlicher deutscher Satz.');
  console.log(best.label);
  model.dispose();
}
