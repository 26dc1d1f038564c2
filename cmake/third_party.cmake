# The third-party archives of this build's target: onedge::yyjson, onedge::pthreadpool, onedge::protobuf_lite,
# onedge::onnx_proto and onedge::XNNPACK. The names are our own: a project around this one may use the plain ones.
# scripts/third_party builds them if the cache lacks them.
if(EMSCRIPTEN)
  set(target wasm)
elseif(CMAKE_CROSSCOMPILING)
  set(target ${CMAKE_SYSTEM_PROCESSOR})
else()
  set(target native)  # the sanitizer build shares them: it tests our code
endif()
if(ONEDGE_WASM_THREADS)
  set(threads_suffix -threads)
endif()

function(third_party_group TARGET GROUP)
  execute_process(COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/scripts/third_party ${TARGET} ${GROUP}
    OUTPUT_VARIABLE folder OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  set(third_party ${folder} PARENT_SCOPE)
endfunction()

# third_party_library(NAME ARCHIVE [target...]): onedge::NAME, which links the targets.
function(third_party_library NAME ARCHIVE)
  add_library(onedge::${NAME} STATIC IMPORTED GLOBAL)
  set_target_properties(onedge::${NAME} PROPERTIES IMPORTED_LOCATION ${third_party}/lib/lib${ARCHIVE}.a
    INTERFACE_INCLUDE_DIRECTORIES ${third_party}/include)
  target_link_libraries(onedge::${NAME} INTERFACE ${ARGN})
  # The same for an installed onedge, whose archives are beside the package file (cmake/package.cmake).
  set_property(GLOBAL APPEND PROPERTY ONEDGE_ARCHIVES ${third_party}/lib/lib${ARCHIVE}.a)
  set_property(GLOBAL APPEND_STRING PROPERTY ONEDGE_IMPORTS "add_library(onedge::${NAME} STATIC IMPORTED)
set_target_properties(onedge::${NAME} PROPERTIES IMPORTED_LOCATION \${CMAKE_CURRENT_LIST_DIR}/../../onedge/lib${ARCHIVE}.a)
target_link_libraries(onedge::${NAME} INTERFACE ${ARGN})
")
endfunction()

third_party_group(${target}${threads_suffix} core)
if(NOT EMSCRIPTEN)
  find_package(Threads REQUIRED)
  set(threads Threads::Threads)
endif()
third_party_library(yyjson yyjson)
third_party_library(pthreadpool pthreadpool ${threads})
target_compile_definitions(onedge::pthreadpool INTERFACE PTHREADPOOL_NO_DEPRECATED_API=1)
third_party_library(protobuf_lite protobuf-lite)
third_party_library(onnx_proto onnx_proto onedge::protobuf_lite)

if(ONEDGE_RELAXED_SIMD)
  set(target wasm-relaxed)
endif()
third_party_group(${target}${threads_suffix} xnnpack)
if(EMSCRIPTEN)
  third_party_library(XNNPACK XNNPACK onedge::pthreadpool)
else()
  third_party_library(cpuinfo cpuinfo ${threads})
  # The archive has only the micro-kernels that onedge calls. XNNPACK's tables of other kernels must be dropped before
  # the linker looks for these.
  third_party_library(XNNPACK XNNPACK onedge::pthreadpool onedge::cpuinfo m -Wl,--gc-sections)
endif()
