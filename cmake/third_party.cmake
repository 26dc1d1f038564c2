# The third-party archives of this build's target: yyjson, pthreadpool, XNNPACK::XNNPACK, protobuf::lite, onnx_proto.
# scripts/third_party builds them if the cache does not hold them yet.
if(NOT EMSCRIPTEN)
  set(target native)  # the sanitizer build shares them: it looks for faults in our code
elseif(ONEDGE_RELAXED_SIMD)
  set(target wasm-relaxed)
else()
  set(target wasm-simd)
endif()
execute_process(COMMAND ${CMAKE_SOURCE_DIR}/scripts/third_party ${target}
  OUTPUT_VARIABLE third_party OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)

# third_party_library(TARGET ARCHIVE [LINKS target...])
function(third_party_library TARGET ARCHIVE)
  add_library(${TARGET} STATIC IMPORTED GLOBAL)
  set_target_properties(${TARGET} PROPERTIES IMPORTED_LOCATION ${third_party}/lib/lib${ARCHIVE}.a
    INTERFACE_INCLUDE_DIRECTORIES ${third_party}/include)
  target_link_libraries(${TARGET} INTERFACE ${ARGN})
endfunction()

third_party_library(yyjson yyjson)
third_party_library(pthreadpool pthreadpool)
target_compile_definitions(pthreadpool INTERFACE PTHREADPOOL_NO_DEPRECATED_API=1)
if(EMSCRIPTEN)
  third_party_library(XNNPACK::XNNPACK XNNPACK pthreadpool)
else()
  find_package(Threads REQUIRED)
  target_link_libraries(pthreadpool INTERFACE Threads::Threads)
  third_party_library(cpuinfo cpuinfo Threads::Threads)
  third_party_library(XNNPACK::XNNPACK XNNPACK pthreadpool cpuinfo m)
endif()
third_party_library(protobuf::lite protobuf-lite)
third_party_library(onnx_proto onnx_proto protobuf::lite)
