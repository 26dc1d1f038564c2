import { assets, serve } from 'onedge/worker';

export default serve((env) => ({ models: { langid: 'langid-int8.onedge' }, store: assets(env.ASSETS), token: env.TOKEN }));
