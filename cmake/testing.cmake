# GoogleTest, from Debian's source package, built with the flags of the core; one test program for each folder of
# tests/.
# Tests run in the repository root: a test opens tests/data/... by that relative path, natively and as wasm under Node.

set(INSTALL_GTEST OFF)
if(EMSCRIPTEN)
  set(gtest_disable_pthreads ON)
endif()
add_subdirectory(/usr/src/googletest ${CMAKE_BINARY_DIR}/googletest EXCLUDE_FROM_ALL SYSTEM)

if(EMSCRIPTEN)
  # The test programs are CommonJS; the package.json of the repository would make Node read them as ESM.
  file(WRITE ${CMAKE_BINARY_DIR}/package.json "{\"type\": \"commonjs\"}\n")
  if(ONEDGE_RELAXED_SIMD)  # Node 20 has no relaxed SIMD; scripts/setup js installs a Node that has
    set(CMAKE_CROSSCOMPILING_EMULATOR ${CMAKE_CURRENT_SOURCE_DIR}/tests/engines/node_modules/.bin/node)
  endif()
  add_library(onedge_test_links INTERFACE)
  target_link_options(onedge_test_links INTERFACE
    -O1                    # without Binaryen's passes, which take most of the build time; the JS tests cover the module's passes
    -sNODERAWFS             # tests read tests/data from the real file system
    -sALLOW_MEMORY_GROWTH   # a test may load a whole model
    -sSTACK_SIZE=1MB        # GoogleTest's matchers and recursion tests need more than the default 64 KB
    -sEXIT_RUNTIME          # the exit status of main is the result of the test
    "SHELL:--pre-js ${CMAKE_CURRENT_SOURCE_DIR}/cmake/test_environment.js"  # tests find shared fixtures by environment variables
    -sAUTO_NATIVE_LIBRARIES=0  # no graphics or sound, whose libraries Debian does not ship built
    -sENVIRONMENT=node$<$<BOOL:${ONEDGE_WASM_THREADS}>:,worker>
    $<$<BOOL:${ONEDGE_WASM_THREADS}>:-sWASM_WORKERS>
    -Wl,--fatal-warnings)  # for example a function that two files define with different types
endif()

if(CMAKE_CROSSCOMPILING AND NOT EMSCRIPTEN)
  set(test_seconds 3000)  # an emulated processor
else()
  set(test_seconds 600)
endif()

# Headers of every test file, parsed once. Not optimized, because compiling the tests takes longer than running them.
set(test_options ${onedge_warnings} -O0)
file(GLOB support CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/tests/support/*.cc)
add_library(onedge_test_support STATIC ${support})
target_include_directories(onedge_test_support PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
target_compile_options(onedge_test_support PRIVATE ${test_options})
target_link_libraries(onedge_test_support PUBLIC onedge_tensor gmock)
target_precompile_headers(onedge_test_support PRIVATE <gmock/gmock.h>)

function(onedge_test_executable TARGET)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  list(TRANSFORM ARG_DEPS PREPEND onedge_)
  add_executable(${TARGET} ${ARG_SOURCES})
  target_link_libraries(${TARGET} PRIVATE ${ARG_DEPS} onedge_test_support)
  set_target_properties(${TARGET} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  if(EMSCRIPTEN)
    target_link_libraries(${TARGET} PRIVATE onedge_test_links)
  endif()
endfunction()

# onedge_tests(FOLDER DEPS room... [LINKS target...]): every tests/FOLDER/*_test.cc into one program tests/FOLDER_test,
# a CTest test labelled FOLDER.
function(onedge_tests FOLDER)
  cmake_parse_arguments(ARG "" "" "DEPS;LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/tests/${FOLDER}/*_test.cc)
  if(NOT sources)
    return()
  endif()
  onedge_test_executable(${FOLDER}_test SOURCES ${sources} DEPS ${ARG_DEPS})
  target_compile_options(${FOLDER}_test PRIVATE ${test_options})
  target_precompile_headers(${FOLDER}_test REUSE_FROM onedge_test_support)
  target_link_libraries(${FOLDER}_test PRIVATE gmock_main ${ARG_LINKS})
  add_test(NAME ${FOLDER} COMMAND ${FOLDER}_test WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
  set_tests_properties(${FOLDER} PROPERTIES LABELS ${FOLDER} TIMEOUT ${test_seconds})
endfunction()

# onedge_test_library(NAME file... DEPS room...): code that the tests of a folder share.
function(onedge_test_library NAME)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  list(TRANSFORM ARG_DEPS PREPEND onedge_)
  add_library(${NAME} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_compile_options(${NAME} PRIVATE ${test_options})
  target_link_libraries(${NAME} PUBLIC ${ARG_DEPS} onedge_test_support)
endfunction()

# onedge_test_program(NAME FILE DEPS room...): a program for testers to run, not a CTest test. It is optimized like the
# core, because for functions in headers the linker takes the copies of the program.
function(onedge_test_program NAME FILE)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  file(GLOB source CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${FILE})
  if(source)
    onedge_test_executable(${NAME} SOURCES ${source} DEPS ${ARG_DEPS})
  endif()
endfunction()

# onedge_bench_program(NAME FILE DEPS room...): a program for measurements, natively and as wasm under Node. Built only
# by name, run by people.
function(onedge_bench_program NAME FILE)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  onedge_test_executable(${NAME} SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/${FILE} DEPS ${ARG_DEPS})
  set_target_properties(${NAME} PROPERTIES EXCLUDE_FROM_ALL ON)
endfunction()

# onedge_fuzzers(DEPS room...): each tests/fuzz/NAME_fuzzer.cc is a libFuzzer program of the sanitizer build. CTest runs
# it on its corpus tests/fuzz/NAME, if any, and a few thousand seeded mutations. Run by hand without -runs, it continues
# until it finds a failure. DEPS: all rooms that the programs run. They alone have the coverage counters that guide the
# mutations, because counters make the other rooms, which are larger, slower to compile.
function(onedge_fuzzers)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/tests/fuzz/*_fuzzer.cc)
  if(NOT ONEDGE_SANITIZE)
    return()
  endif()
  foreach(room ${ARG_DEPS})
    target_compile_options(onedge_${room} PRIVATE -fsanitize=fuzzer-no-link)
  endforeach()
  foreach(source ${sources})
    cmake_path(GET source STEM name)
    onedge_test_executable(${name} SOURCES ${source} DEPS ${ARG_DEPS})
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer-no-link)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    string(REPLACE _fuzzer "" corpus ${name})
    file(GLOB corpus ${CMAKE_CURRENT_SOURCE_DIR}/tests/fuzz/${corpus})
    set(found ${CMAKE_BINARY_DIR}/tests/found/${name})  # libFuzzer writes its findings into the first folder
    file(MAKE_DIRECTORY ${found})
    add_test(NAME ${name} COMMAND ${name} -runs=5000 -seed=1 -max_total_time=60 -rss_limit_mb=4096 ${found} ${corpus}
      WORKING_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    set_tests_properties(${name} PROPERTIES LABELS fuzz TIMEOUT 300)
  endforeach()
endfunction()
