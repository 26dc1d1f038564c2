# Emscripten's own toolchain file, from wherever scripts/emscripten finds or puts it.
execute_process(COMMAND ${CMAKE_CURRENT_LIST_DIR}/../scripts/emscripten
  OUTPUT_VARIABLE emscripten OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
include(${emscripten}/cmake/Modules/Platform/Emscripten.cmake)
