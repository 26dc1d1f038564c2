// The test Worker in workerd: classifies the request's text with a model from its assets.
import { load } from '../../js/workerd.js';

export default {
  async fetch(request, env) {
    try {
      const { model: name, sentences, topK, build } = await request.json();
      const model = await load(await env.ASSETS.fetch(`http://assets/${name}`), { build });
      const answers = await model.run(sentences, { topK });
      const stats = model.stats();
      model.dispose();
      return Response.json({ build: stats.build, answers });
    } catch (error) {
      return Response.json({ error: `${error.name}: ${error.message}` }, { status: 500 });
    }
  },
};
