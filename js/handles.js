// Classes over what src/wasm/handles.h names: 'Type.method' takes the address of an object, 'Type::function' answers a handle or {error}.

/** @param {object} module the instantiated module, which gets the classes @returns {object} module */
export function defineHandles(module) {
  for (const [name, call] of Object.entries(module)) {
    const [, type, kind, member] = /^(\w+)(\.|::)(\w+)$/.exec(name) ?? [];
    if (!type) continue;
    const Handle = (module[type] ??= handleClass(module[`${type}.delete`]));
    if (kind === '::') Handle[member] = call;
    // `delete` is the class's own: it forgets the address as well.
    else if (member !== 'delete') {
      Handle.prototype[member] = function (...args) {
        return call(this.address, ...args);
      };
    }
  }
  return module;
}

function handleClass(destroy) {
  // What its owner did not delete goes with the garbage, on hosts that tell.
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
