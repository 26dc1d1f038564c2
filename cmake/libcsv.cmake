# onedge::csv: libcsv, one C file, for the program.
execute_process(COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/scripts/third_party --source libcsv
  OUTPUT_VARIABLE libcsv OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
add_library(onedge_csv STATIC ${libcsv}/libcsv.c)
target_include_directories(onedge_csv SYSTEM INTERFACE ${libcsv})
target_compile_options(onedge_csv PRIVATE -w)
add_library(onedge::csv ALIAS onedge_csv)
