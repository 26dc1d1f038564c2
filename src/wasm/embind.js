// Linked into the glue in place of Embind's own (its src/embind/embind.js). Types and functions only: no overloads, and
// no types that are registered after their first use. Strings: std::string is UTF-8, through the encoders that every
// host has. Wide strings and BigInts are absent, because no binding uses them.
addToLibrary({
  $registerType__deps: ['$registeredTypes'],
  $registerType: (rawType, registeredInstance, options) => {
    registeredTypes[rawType] = registeredInstance;
  },
  $requireRegisteredType__deps: ['$registeredTypes'],
  $requireRegisteredType: (rawType, humanName) => registeredTypes[rawType],

  $readLatin1String__deps: [],
  $readLatin1String: (ptr) => {
    let text = '';
    while (HEAPU8[ptr]) text += String.fromCharCode(HEAPU8[ptr++]);
    return text;
  },

  _embind_register_function__deps: ['$embind__requireFunction', '$heap32VectorToArray', '$readLatin1String', '$registeredTypes', '$runDestructors'],
  _embind_register_function: (name, argCount, rawArgTypesAddr, signature, rawInvoker, fn, isAsync, isNonnullReturn) => {
    const parameters = heap32VectorToArray(argCount, rawArgTypesAddr);
    const result = parameters.shift();
    const invoke = embind__requireFunction(signature, rawInvoker);
    Module[readLatin1String(name)] = (...args) => {
      const destructors = [];
      const answer = invoke(fn, ...parameters.map((type, i) => registeredTypes[type].toWireType(destructors, args[i])));
      runDestructors(destructors);
      return registeredTypes[result].fromWireType(answer);
    };
  },

  _embind_register_std_string__deps: ['$registerType', '$readPointer', '$throwBindingError', 'malloc', 'free'],
  _embind_register_std_string: (rawType, name) => {
    const encoder = new TextEncoder();
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    // In wasm memory: the length in 4 bytes, then the bytes.
    registerType(rawType, {
      name: 'std::string',
      fromWireType(address) {
        address >>>= 0;
#if SHARED_MEMORY // browsers decode no text in shared memory
        const text = decoder.decode(HEAPU8.slice(address + 4, address + 4 + HEAPU32[address / 4]));
#else
        const text = decoder.decode(HEAPU8.subarray(address + 4, address + 4 + HEAPU32[address / 4]));
#endif
        _free(address);
        return text;
      },
      toWireType(destructors, text) {
        if (typeof text !== 'string') throwBindingError('Cannot pass non-string to std::string');
        const bytes = encoder.encode(text);
        const address = _malloc(4 + bytes.length);
        HEAPU32[address / 4] = bytes.length;
        HEAPU8.set(bytes, address + 4);
        destructors?.push(_free, address);
        return address;
      },
      argPackAdvance: 8,
      readValueFromPointer: readPointer,
      destructorFunction: _free,
    });
  },
  _embind_register_std_wstring: (rawType, charSize, name) => {},
  _embind_register_bigint: (primitiveType, name, size, minRange, maxRange) => {},
#if SHARED_MEMORY
  $_wasmWorkerInitializeRuntime__deps: [],
  $_wasmWorkerInitializeRuntime: () => {},
#endif
});
