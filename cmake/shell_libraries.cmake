# Libraries of the program alone, compiled from their sources so that every target links them: onedge::csv (libcsv, one
# C file) and onedge::prometheus (the core of prometheus-cpp: counters, histograms, their text form).
function(onedge_source OUT NAME)
  execute_process(COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/scripts/third_party --source ${NAME}
    OUTPUT_VARIABLE folder OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  set(${OUT} ${folder} PARENT_SCOPE)
endfunction()

onedge_source(libcsv libcsv)
add_library(onedge_csv STATIC ${libcsv}/libcsv.c)
target_include_directories(onedge_csv SYSTEM INTERFACE ${libcsv})
target_compile_options(onedge_csv PRIVATE -w)
add_library(onedge::csv ALIAS onedge_csv)

onedge_source(prometheus prometheus-cpp)
file(GLOB_RECURSE sources ${prometheus}/core/src/*.cc)
add_library(onedge_prometheus STATIC ${sources})
# Its own build generates prometheus/detail/core_export.h, which is empty for a static library.
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/prometheus/include/prometheus/detail/core_export.h
  "#pragma once\n#define PROMETHEUS_CPP_CORE_EXPORT\n")
target_include_directories(onedge_prometheus SYSTEM PUBLIC ${prometheus}/core/include ${CMAKE_CURRENT_BINARY_DIR}/prometheus/include
  PRIVATE ${prometheus}/core/src)
target_compile_options(onedge_prometheus PRIVATE -w -fexceptions -frtti)
add_library(onedge::prometheus ALIAS onedge_prometheus)
