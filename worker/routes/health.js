// Whether the Worker answers, and which models it has.

/** The Worker runs. */
export const live = () => ({ live: true });

/** It knows which models there are. */
export async function ready({ models }) {
  await models();
  return { ready: true };
}

export async function health({ models, live }) {
  return { models: [...(await models()).keys()], loaded: live().map(({ name, version }) => `${name}@${version}`) };
}
