# ccache, in the cache folder of the project, with paths relative to the source tree. It does not know emcc by name (compilertype), and
# takes precompiled headers only from a compiler that leaves the time out of them (no-pch-timestamp) and if told so (sloppiness).
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
