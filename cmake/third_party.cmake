# The third-party archives of this build's target: yyjson, pthreadpool, protobuf::lite, onnx_proto, and XNNPACK::XNNPACK on demand.
# scripts/third_party builds them if the cache does not hold them yet.
option(ONEDGE_XNNPACK "Link the backends with XNNPACK, to compare kernels with its own" OFF)
if(NOT EMSCRIPTEN)
  set(target native)  # the sanitizer build shares them: it looks for faults in our code
else()
  set(target wasm)
endif()

function(third_party_group TARGET GROUP)
  execute_process(COMMAND ${CMAKE_SOURCE_DIR}/scripts/third_party ${TARGET} ${GROUP}
    OUTPUT_VARIABLE folder OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  set(third_party ${folder} PARENT_SCOPE)
endfunction()

# third_party_library(TARGET ARCHIVE [LINKS target...])
function(third_party_library TARGET ARCHIVE)
  add_library(${TARGET} STATIC IMPORTED GLOBAL)
  set_target_properties(${TARGET} PROPERTIES IMPORTED_LOCATION ${third_party}/lib/lib${ARCHIVE}.a
    INTERFACE_INCLUDE_DIRECTORIES ${third_party}/include)
  target_link_libraries(${TARGET} INTERFACE ${ARGN})
endfunction()

third_party_group(${target} core)
third_party_library(yyjson yyjson)
third_party_library(pthreadpool pthreadpool)
target_compile_definitions(pthreadpool INTERFACE PTHREADPOOL_NO_DEPRECATED_API=1)
if(NOT EMSCRIPTEN)
  find_package(Threads REQUIRED)
  target_link_libraries(pthreadpool INTERFACE Threads::Threads)
endif()
third_party_library(protobuf::lite protobuf-lite)
third_party_library(onnx_proto onnx_proto protobuf::lite)

if(ONEDGE_XNNPACK)
  if(ONEDGE_RELAXED_SIMD)
    set(target wasm-relaxed)
  endif()
  third_party_group(${target} xnnpack)
  if(EMSCRIPTEN)
    third_party_library(XNNPACK::XNNPACK XNNPACK pthreadpool)
  else()
    third_party_library(cpuinfo cpuinfo Threads::Threads)
    third_party_library(XNNPACK::XNNPACK XNNPACK pthreadpool cpuinfo m)
  endif()
  target_compile_definitions(XNNPACK::XNNPACK INTERFACE ONEDGE_XNNPACK)
  set(xnnpack_links LINKS XNNPACK::XNNPACK)
endif()
