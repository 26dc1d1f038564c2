// Classes over the functions of src/wasm/handles.h: 'Type.method' takes the address of an object, 'Type::function'
// returns a handle or {error}.

/** @param {object} module the instantiated module, which receives the classes @returns {object} module */
export function defineHandles(module) {
  for (const [name, call] of Object.entries(module)) {
    const [, type, kind, member] = /^(\w+)(\.|::)(\w+)$/.exec(name) ?? [];
    if (!type) continue;
    const Handle = (module[type] ??= handleClass(module[`${type}.delete`]));
    if (kind === '::') Handle[member] = call;
    // The class implements `delete` itself: it also forgets the address.
    else if (member !== 'delete') {
      Handle.prototype[member] = function (...args) {
        return call(this.address, ...args);
      };
    }
  }
  return module;
}

function handleClass(destroy) {
  // A handle that its owner did not delete is freed with the garbage, on hosts with finalizers.
  const forgotten = globalThis.FinalizationRegistry && new FinalizationRegistry(destroy);
  return class {
    #address;
    constructor(address) {
      this.#address = address;
      forgotten?.register(this, address, this);
    }
    get address() {
      if (!this.#address) throw new ReferenceError('this handle has been deleted');
      return this.#address;
    }
    delete() {
      const { address } = this;
      this.#address = 0;
      forgotten?.unregister(this);
      destroy(address);
    }
  };
}
