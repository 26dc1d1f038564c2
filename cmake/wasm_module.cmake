# The module of the npm package: src/wasm/*.cc with Embind -> dist/onedge-{simd,relaxed}[-threads].{mjs,wasm}, and
# .trim.json for those without threads. Each flag has its reason.
onedge_sources(sources wasm)
if(NOT sources)
  return()
endif()
if(ONEDGE_RELAXED_SIMD)
  set(module onedge-relaxed)
else()
  set(module onedge-simd)
endif()
if(ONEDGE_WASM_THREADS)
  string(APPEND module -threads)
endif()

if(ONEDGE_WASM_THREADS)
  set(environment web,worker)  # Emscripten insists, although its glue runs on the first thread only
  set(memory ,wasmMemory)      # js/ makes the memory, which it sends to the workers
else()
  set(environment web)
endif()

add_executable(onedge_wasm ${sources})
target_compile_options(onedge_wasm PRIVATE ${onedge_warnings})
# Embind without RTTI: types are identified by address and have no names in messages.
target_compile_definitions(onedge_wasm PRIVATE EMSCRIPTEN_HAS_UNBOUND_TYPE_NAMES=0)
target_link_libraries(onedge_wasm PRIVATE onedge_api)
set_target_properties(onedge_wasm PROPERTIES OUTPUT_NAME ${module} SUFFIX .mjs RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/dist)
set_target_properties(onedge_wasm PROPERTIES LINK_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/src/wasm/embind.js;${CMAKE_CURRENT_SOURCE_DIR}/scripts/shorten_glue.mjs")
# The linker's own output, with relocations, from which the map for `onedge trim` is made: Emscripten keeps it in this
# folder. Modules with threads cannot be trimmed.
if(NOT ONEDGE_WASM_THREADS)
  set(linked ${CMAKE_CURRENT_BINARY_DIR}/linked)
  set_target_properties(onedge_wasm PROPERTIES CXX_LINKER_LAUNCHER "${CMAKE_COMMAND};-E;env;EMCC_DEBUG=1;EMCC_TEMP_DIR=${linked}")
  file(MAKE_DIRECTORY ${linked})
  set(finish_module ${CMAKE_CURRENT_SOURCE_DIR}/scripts/finish_module.mjs)
  add_custom_command(TARGET onedge_wasm POST_BUILD VERBATIM
    COMMAND node ${finish_module} ${CMAKE_CURRENT_SOURCE_DIR}/dist/${module}.wasm ${linked}/emscripten_temp)
  set_property(TARGET onedge_wasm APPEND PROPERTY LINK_DEPENDS ${finish_module} ${CMAKE_CURRENT_SOURCE_DIR}/scripts/linked_module.mjs
    ${CMAKE_CURRENT_SOURCE_DIR}/bin/trim/wasm_binary.js)
  target_link_options(onedge_wasm PRIVATE
    -Wl,--emit-relocs               # for the map; scripts/finish_module.mjs removes them from the module
    -Wl,--Map=${linked}/link.map)   # for scripts/size.mjs
endif()

target_link_options(onedge_wasm PRIVATE
  -lembind -fno-rtti                # the bindings in src/wasm; the variant of Embind that works without RTTI
  "SHELL:--js-library ${CMAKE_CURRENT_SOURCE_DIR}/src/wasm/embind.js"  # less glue
  "SHELL:--js-transform 'node ${CMAKE_CURRENT_SOURCE_DIR}/scripts/shorten_glue.mjs'"
  -Os                               # Binaryen, not only for size: after -Oz the tokenizer takes 1.4 times as long, for 6 KB less with brotli
  --no-entry                        # a library: it has no main
  -sMODULARIZE                      # a factory, so that a page can hold several instances and choose a build first
  -sEXPORT_ES6                      # the package is ESM only
  -sDYNAMIC_EXECUTION=0             # no eval and no new Function: edge Workers and a strict CSP refuse them
  -sENVIRONMENT=${environment}      # web: no import('node:...') in the glue, which bundlers trip over; js/ fetches the bytes on each host
                                    # and passes them through instantiateWasm; so the glue also runs in Node and workerd
  -sINCOMING_MODULE_JS_API=instantiateWasm,print,printErr${memory}  # options that js/ may pass; the rest of the glue is dropped
  -sEXPORTED_RUNTIME_METHODS=HEAPU8 # js/ copies tensors in and out through it
  -sFILESYSTEM=0                    # bytes are handed in; no virtual file system in the module
  -sALLOW_MEMORY_GROWTH             # models differ a hundredfold in size
  -sINITIAL_MEMORY=4MB              # static data and stack; a small page starts small
  -sMEMORY_GROWTH_LINEAR_STEP=1MB   # the default, 20 % at a time, would waste 20 MB of an edge isolate's 128
  -sMAXIMUM_MEMORY=4GB              # the limit of 32-bit addresses; callers set a lower one with memoryLimit
  -sABORTING_MALLOC=0               # malloc returns null at the end of memory, and the caller gets a Status instead of an abort
  -sSTACK_SIZE=512KB                # room for nested subgraphs while loading; the default is 64 KB. The real need has not been measured
  -sAUTO_NATIVE_LIBRARIES=0         # no graphics, sound or DOM libraries, which Debian does not ship built
  -sSUPPORT_LONGJMP=0               # no code uses longjmp; keeps its glue out
  -sWASM_BIGINT                     # int64 as BigInt: every engine with SIMD has it, and it avoids the legalising stubs
  -sTEXTDECODER=2                   # every host has TextDecoder; no fallback in JS
  -sASSERTIONS=0)                   # errors are Status values; the checks of the debug glue would triple the glue
if(ONEDGE_WASM_THREADS)
  target_link_options(onedge_wasm PRIVATE
    -sWASM_WORKERS)                 # shared memory and the libraries that lock; its own workers are not used
  add_custom_command(TARGET onedge_wasm POST_BUILD COMMAND ${CMAKE_COMMAND} -E rm -f $<TARGET_FILE_DIR:onedge_wasm>/${module}.ww.js)
endif()
