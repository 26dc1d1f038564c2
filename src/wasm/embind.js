// Linked into the glue in place of Embind's own (its src/embind/embind.js and emval.js). Types and functions only: no
// overloads, and no types that are registered after their first use. Strings: std::string is UTF-8, through the
// encoders that every host has. Wide strings, BigInts and symbols are absent, because no binding uses them.
// A type has readValueFromPointer for arguments that C++ passes to a method of a JS object: each takes 8 bytes;
// integers and bool have 32 bits there.
addToLibrary({
  $registerType__deps: ['$registeredTypes'],
  $registerType: (rawType, registeredInstance, options) => {
    registeredTypes[rawType] = registeredInstance;
  },
  $requireRegisteredType__deps: ['$registeredTypes'],
  $requireRegisteredType: (rawType, humanName) => registeredTypes[rawType],
  $throwBindingError__deps: [],
  $throwBindingError: (message) => {
    throw new TypeError(message);
  },

  $readLatin1String__deps: [],
  $readLatin1String: (ptr) => {
    let text = '';
    while (HEAPU8[ptr]) text += String.fromCharCode(HEAPU8[ptr++]);
    return text;
  },
  $getStringOrSymbol__deps: ['$readLatin1String'],
  $getStringOrSymbol: (address) => readLatin1String(address),

  _embind_register_function__deps: ['$getWasmTableEntry', '$heap32VectorToArray', '$readLatin1String', '$registeredTypes', '$runDestructors'],
  _embind_register_function: (name, argCount, rawArgTypesAddr, signature, rawInvoker, fn, isAsync, isNonnullReturn) => {
    const parameters = heap32VectorToArray(argCount, rawArgTypesAddr);
    const result = parameters.shift();
    const invoke = getWasmTableEntry(rawInvoker);
    Module[readLatin1String(name)] = (...args) => {
      const destructors = [];
      const answer = invoke(fn, ...parameters.map((type, i) => registeredTypes[type].toWireType(destructors, args[i])));
      runDestructors(destructors);
      return registeredTypes[result].fromWireType(answer);
    };
  },

  _embind_register_void__deps: ['$registerType'],
  _embind_register_void: (rawType, name) => {
    registerType(rawType, { fromWireType() {}, toWireType() {} });
  },
  _embind_register_bool__deps: ['$registerType'],
  _embind_register_bool: (rawType, name, trueValue, falseValue) => {
    registerType(rawType, {
      fromWireType: (value) => !!value,
      toWireType: (destructors, value) => !!value,
      readValueFromPointer: (pointer) => !!HEAPU8[pointer],
    });
  },
  _embind_register_integer__deps: ['$registerType'],
  _embind_register_integer: (primitiveType, name, size, minRange, maxRange) => {
    const convert = (value) => (minRange === 0 ? value >>> 0 : value);
    registerType(primitiveType, {
      fromWireType: convert,
      toWireType: (destructors, value) => convert(value),
      readValueFromPointer: (pointer) => convert(HEAP32[pointer / 4]),
    });
  },
  _embind_register_bigint: (primitiveType, name, size, minRange, maxRange) => {},
  _embind_register_float__deps: ['$registerType'],
  _embind_register_float: (rawType, name, size) => {
    registerType(rawType, {
      fromWireType: (value) => value,
      toWireType: (destructors, value) => value,
      readValueFromPointer: (pointer) => (size === 4 ? HEAPF32[pointer / 4] : HEAPF64[pointer / 8]),
    });
  },
  _embind_register_std_string__deps: ['$registerType', '$readPointer', '$throwBindingError', 'malloc', 'free'],
  _embind_register_std_string: (rawType, name) => {
    const encoder = new TextEncoder();
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    // In wasm memory: the length in 4 bytes, then the bytes.
    registerType(rawType, {
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
      readValueFromPointer: readPointer,
    });
  },
  _embind_register_std_wstring: (rawType, charSize, name) => {},
  _embind_register_memory_view__deps: ['$registerType'],
  _embind_register_memory_view: (rawType, dataTypeIndex, name) => {
    const View = [Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array][dataTypeIndex];
    const fromWireType = (pointer) => new View(HEAPU8.buffer, HEAPU32[pointer / 4 + 1], HEAPU32[pointer / 4]);
    registerType(rawType, { fromWireType, readValueFromPointer: fromWireType });
  },
  _embind_register_emval__deps: ['_emval_decref', '$Emval', '$readPointer', '$registerType'],
  _embind_register_emval: (rawType) => {
    registerType(rawType, {
      fromWireType(handle) {
        const value = Emval.toValue(handle);
        __emval_decref(handle);
        return value;
      },
      toWireType: (destructors, value) => Emval.toHandle(value),
      readValueFromPointer: readPointer,
    });
  },

  $init_emval__deps: ['$emval_handles'],
  $init_emval__postset: 'init_emval();',
  $init_emval: () => {
    emval_handles.push(0, 1, undefined, 1, null, 1, true, 1, false, 1);
  },
  _emval_get_method_caller__deps: ['$emval_methodCallers', '$emval_returnValue', '$heap32VectorToArray', '$registeredTypes'],
  _emval_get_method_caller: (argCount, argTypes, kind) => {
    const types = heap32VectorToArray(argCount, argTypes).map((type) => registeredTypes[type]);
    const result = types.shift();
    const call = (object, method, destructorsRef, args) => {
      const given = types.map((type, i) => type.readValueFromPointer(args + 8 * i));
      return emval_returnValue(result, destructorsRef, kind === 1 ? Reflect.construct(method, given) : method.apply(object, given));
    };
    return emval_methodCallers.push(call) - 1;
  },
#if SHARED_MEMORY
  $_wasmWorkerInitializeRuntime__deps: [],
  $_wasmWorkerInitializeRuntime: () => {},
#endif
});
