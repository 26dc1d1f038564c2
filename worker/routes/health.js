// Health of the Worker, and its models.

/** The Worker runs. */
export const live = () => ({ live: true });

/** The models are known. */
export async function ready({ models }) {
  await models();
  return { ready: true };
}

export async function health({ models, live }) {
  return { models: [...(await models()).keys()], loaded: live().map(({ name, version }) => `${name}@${version}`) };
}
