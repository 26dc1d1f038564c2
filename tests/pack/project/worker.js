// A user's edge Worker.
import { load } from 'onedge';

let model;
export default {
  async fetch(request, env) {
    model ??= await load(await env.ASSETS.fetch('http://assets/langid-int8.onedge'));
    const [best] = await model.run(await request.text());
    return Response.json(best);
  },
};
