# Compiler flags for every file of ours, GoogleTest included.

# The numerics contract: the same bits natively and as WebAssembly. A compiler that fuses a*b+c on one of the two breaks
# it.
add_compile_options(-ffp-contract=off)

# The core reports errors as values. Without the tables of exceptions and RTTI the wasm module is a fifth smaller.
add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions> $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti>)

# Each function in its own section, so that the linker drops unused ones.
add_compile_options(-ffunction-sections -fdata-sections)

if(EMSCRIPTEN)
  add_compile_options(-msimd128)
  if(ONEDGE_WASM_THREADS)
    add_compile_options(-sWASM_WORKERS)  # atomic instructions, thread-local storage, and the libraries that lock
  endif()
else()
  add_compile_options(-fPIC)  # for shared objects, too; the same for programs and libraries, so that they can share precompiled headers
  add_link_options(-fuse-ld=lld -Wl,--gc-sections)
endif()

# For the rooms, the programs and the tests. -Wpsabi warns about vectors that cross calls; ours are inlined
# (ops/math/transcendental.h).
set(onedge_warnings -Wall -Wextra -Wno-psabi -Werror=return-type)
if(ONEDGE_WERROR)
  # Still warnings: designated initializers that leave out a member with a default, and what libstdc++ deprecates but
  # uses itself.
  list(APPEND onedge_warnings -Werror -Wno-error=missing-designated-field-initializers -Wno-error=deprecated-declarations)
endif()

if(ONEDGE_SANITIZE OR ONEDGE_TSAN OR CMAKE_BUILD_TYPE STREQUAL "Debug")
  add_compile_definitions(ONEDGE_CHECKED)  # base/check.h
endif()
if(ONEDGE_TSAN)
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
endif()
if(ONEDGE_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_compile_options(-fno-sanitize=vptr)  # needs RTTI in every file; the core has none, the command line has
  add_link_options(-fsanitize=address,undefined)
endif()
