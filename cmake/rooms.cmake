# A room is a folder of src/ and a static library onedge_<name>. The file name decides the targets:
#   *_avx2.cc  on x86-64 only, with AVX2, FMA and F16C (run only after a check of the processor)
#   *_avxvnni.cc, *_avx512vnni.cc  the same with AVX-VNNI, and with AVX-512 VNNI
#   *_neon.cc  on aarch64 only
#   *_neondot.cc, *_neoni8mm.cc  the same with the dot product of Armv8.2, and with the 8-bit matrix products of
#   Armv8.6 (run only after a check of the processor)
#   *_wasm.cc  WebAssembly only
#   all others everywhere, natively for baseline x86-64 or Armv8-A

# Loops over every byte of a model, in rooms that are otherwise compiled for size in WebAssembly.
set_source_files_properties(src/base/sha256.cc src/package/crc32.cc PROPERTIES COMPILE_OPTIONS -O3)

# Interpolation: loops over every pixel.
set_source_files_properties(src/ops/nn/resize.cc PROPERTIES COMPILE_OPTIONS -O2)

# The code that every text runs through, in WebAssembly too.
if(EMSCRIPTEN)
  set(hot_tokenizer_files encode_text.cc chunker.cc chunk_cache.cc aligned_text.cc byte_level.cc tokenizer.cc models/bpe.cc models/unigram.cc
    models/word_piece.cc normalizers/bert_normalizer.cc normalizers/precompiled.cc pre_tokenizers/bert_pre_tokenizer.cc
    pre_tokenizers/byte_level.cc pre_tokenizers/metaspace.cc pre_tokenizers/code_point_splits.cc pre_tokenized_text.cc known_patterns.cc)
  list(TRANSFORM hot_tokenizer_files PREPEND src/tokenizer/)
  set_source_files_properties(${hot_tokenizer_files} src/text/unicode/utf8.cc src/text/unicode/graphemes.cc PROPERTIES COMPILE_OPTIONS -O2)
  # The loops over elements of the operators that move or search data.
  set(hot_operators math/arg_max.cc math/half_row.cc math/where.cc movement/gather.cc movement/strided_copy.cc movement/top_k.cc)
  list(TRANSFORM hot_operators PREPEND src/ops/)
  set_source_files_properties(${hot_operators} PROPERTIES COMPILE_OPTIONS -O2)
  # Kernels whose loops are elsewhere: in tiles, rows or XNNPACK.
  set(small_kernels attention conv_integer conv_transpose gemm_s8 half_linear linear quantized_linear recurrent xnn_linear xnnpack)
  set(smallest_kernels batched_matmul einsum general_gemm nbits_linear nhwc_conv packed_weights padded_rows)  # the others are larger with -Oz, or have loops
  list(TRANSFORM small_kernels REPLACE "(.+)" "src/backends/cpu/\\1.cc")
  list(TRANSFORM smallest_kernels REPLACE "(.+)" "src/backends/cpu/\\1.cc")
  set_source_files_properties(${small_kernels} PROPERTIES COMPILE_OPTIONS -Os)
  set_source_files_properties(${smallest_kernels} PROPERTIES COMPILE_OPTIONS -Oz)
  set_source_files_properties(src/backends/cpu/conv.cc src/backends/cpu/conv_s8.cc src/backends/cpu/pool.cc PROPERTIES COMPILE_OPTIONS -O2)
endif()

function(onedge_sources OUT FOLDER)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/src/${FOLDER}/*.cc)
  if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
    list(FILTER sources EXCLUDE REGEX "_avx[0-9a-z]*\\.cc$")
  endif()
  if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
    list(FILTER sources EXCLUDE REGEX "_neon[0-9a-z]*\\.cc$")
  endif()
  if(NOT EMSCRIPTEN)
    list(FILTER sources EXCLUDE REGEX "_wasm\\.cc$")
    foreach(instructions "avx2 -mavx2;-mfma;-mf16c" "avxvnni -mavx2;-mfma;-mf16c;-mavxvnni"
            "avx512vnni -mavx2;-mfma;-mf16c;-mavx512f;-mavx512bw;-mavx512vl;-mavx512vnni" "neondot -march=armv8.2-a+dotprod" "neoni8mm -march=armv8.2-a+i8mm")
      string(REGEX MATCH "^([a-z0-9]+) (.*)$" matched "${instructions}")
      set(chosen ${sources})
      list(FILTER chosen INCLUDE REGEX "_${CMAKE_MATCH_1}\\.cc$")
      set_source_files_properties(${chosen} PROPERTIES COMPILE_OPTIONS "${CMAKE_MATCH_2}")
    endforeach()
  endif()
  set(${OUT} ${sources} PARENT_SCOPE)
endfunction()

# onedge_room(NAME [UNITY groups] [DEPS room...] [LINKS target...]): an empty folder is an interface library.
# UNITY: for a room with many files. They are compiled in that many groups, because parsing the headers takes most of
# the time. (ccache shares the result between builds and worktrees; with precompiled headers it cannot.) The files of a
# group share one anonymous namespace. The path of a file decides its group: a new file moves no other file, so it
# cannot bring two others with the same name together. ONEDGE_UNITY=OFF compiles each file alone, which finds missing
# includes.
function(onedge_room NAME)
  cmake_parse_arguments(ARG "" "UNITY" "DEPS;LINKS" ${ARGN})
  onedge_sources(sources ${NAME})
  list(TRANSFORM ARG_DEPS PREPEND onedge_)
  if(sources)
    add_library(onedge_${NAME} STATIC ${sources})
    target_include_directories(onedge_${NAME} PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/src>)
    target_compile_options(onedge_${NAME} PRIVATE ${onedge_warnings})
    if(EMSCRIPTEN AND NOT NAME MATCHES "^backends$")
      target_compile_options(onedge_${NAME} PRIVATE -Oz)  # the hot loops are in backends
    endif()
    target_link_libraries(onedge_${NAME} PUBLIC ${ARG_DEPS} ${ARG_LINKS})
    if(ARG_UNITY AND ONEDGE_UNITY)
      set_target_properties(onedge_${NAME} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
      foreach(source IN LISTS sources)
        file(RELATIVE_PATH path ${CMAKE_CURRENT_SOURCE_DIR} ${source})
        string(MD5 hash ${path})
        string(SUBSTRING ${hash} 0 4 hash)
        math(EXPR group "0x${hash} % ${ARG_UNITY}")
        set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${NAME}_${group})
      endforeach()
    endif()
  else()
    add_library(onedge_${NAME} INTERFACE)
    target_include_directories(onedge_${NAME} INTERFACE $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/src>)
    target_link_libraries(onedge_${NAME} INTERFACE ${ARG_DEPS} ${ARG_LINKS})
  endif()
  set_target_properties(onedge_${NAME} PROPERTIES EXPORT_NAME ${NAME})
  set_property(GLOBAL APPEND PROPERTY ONEDGE_ROOMS onedge_${NAME})  # for cmake/package.cmake
endfunction()

# onedge_shell_library(NAME DEPS room... [LINKS target...]): a part of a shell. Its libraries throw; it may.
function(onedge_shell_library NAME)
  cmake_parse_arguments(ARG "" "" "DEPS;LINKS" ${ARGN})
  onedge_sources(sources ${NAME})
  list(TRANSFORM ARG_DEPS PREPEND onedge_)
  add_library(onedge_${NAME} STATIC ${sources})
  target_compile_options(onedge_${NAME} PRIVATE ${onedge_warnings} -fexceptions -frtti)
  target_link_libraries(onedge_${NAME} PUBLIC ${ARG_DEPS} PRIVATE ${ARG_LINKS})
endfunction()

# onedge_program(NAME ROOM folder DEPS room...): a shell over the core. Libraries for command lines and images throw;
# the shell may.
function(onedge_program NAME)
  cmake_parse_arguments(ARG "" "ROOM" "DEPS;LINKS" ${ARGN})
  onedge_sources(sources ${ARG_ROOM})
  if(NOT sources)
    return()
  endif()
  list(TRANSFORM ARG_DEPS PREPEND onedge_)
  add_executable(${NAME} ${sources})
  target_compile_options(${NAME} PRIVATE ${onedge_warnings} -fexceptions -frtti)
  if(ONEDGE_UNITY)
    # One compilation for all files: each would instantiate the templates of the command line's library again, 7 s a
    # file.
    set_target_properties(${NAME} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
  endif()
  if(ONEDGE_SANITIZE)
    target_compile_options(${NAME} PRIVATE -O0)  # compiling it takes longer than its test
  endif()
  target_compile_definitions(${NAME} PRIVATE ONEDGE_VERSION="${PROJECT_VERSION}")
  target_link_libraries(${NAME} PRIVATE ${ARG_DEPS} ${ARG_LINKS})
endfunction()
