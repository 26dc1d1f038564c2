# ccache in the project's cache folder, with paths relative to the source tree. It does not recognise emcc by name
# (compilertype). It accepts a precompiled header only if the compiler omits the time from it (no-pch-timestamp) and the
# sloppiness allows it.
find_program(CCACHE ccache)
if(CCACHE)
  if(DEFINED ENV{XDG_CACHE_HOME})
    set(cache $ENV{XDG_CACHE_HOME}/onedge/ccache)
  else()
    set(cache $ENV{HOME}/.cache/onedge/ccache)
  endif()
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_DIR=${cache} CCACHE_BASEDIR=${CMAKE_CURRENT_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_COMPILERTYPE=clang
    CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()
