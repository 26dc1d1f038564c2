# Emscripten's own toolchain file, in the folder that scripts/emscripten finds or installs.
execute_process(COMMAND ${CMAKE_CURRENT_LIST_DIR}/../scripts/emscripten
  OUTPUT_VARIABLE emscripten OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
include(${emscripten}/cmake/Modules/Platform/Emscripten.cmake)
