# XNNPACK's operators for f32 in NHWC that src/backends/cpu calls: convolution, transposed convolution, and natively the
# product with constant weights. Files are listed from its own cmake/gen. Its own CMake files do not support WebAssembly
# and need Python. One list for both targets also keeps them equal.
set(xnnpack ${ONEDGE_SOURCES}/xnnpack)

file(GLOB core ${xnnpack}/src/configs/*.c ${xnnpack}/src/tables/*.c ${xnnpack}/src/enums/*.c)
foreach(name convolution-nhwc deconvolution-nhwc fully-connected-nc)
  list(APPEND core ${xnnpack}/src/operators/${name}.c)
endforeach()
list(APPEND core ${xnnpack}/src/reference/packing.cc)
foreach(name allocator cache datatype indirection init log memory microkernel-utils microparams-init mutex normalization
    operator-delete operator-run operator-utils params)
  list(APPEND core ${xnnpack}/src/${name}.c)
endforeach()

# Micro-kernel lists and, natively, the flags of each instruction set (as in XNNPACK's own CMakeLists.txt).
set(avx512skx -mf16c -mfma -mavx512f -mavx512cd -mavx512bw -mavx512dq -mavx512vl)
set(flags_scalar "")
set(flags_sse -msse)
set(flags_sse2 -msse2)
set(flags_ssse3 -mssse3)
set(flags_sse41 -msse4.1)
set(flags_avx -mavx)
set(flags_f16c -mf16c)
set(flags_fma3 -mf16c -mfma)
set(flags_avx2 -mf16c -mfma -mavx2)
set(flags_avx512f -mavx512f)
set(flags_avx512skx ${avx512skx})
set(flags_neon "")  # part of every aarch64
set(flags_neonfma "")
set(flags_neonfma_aarch64 "")
if(EMSCRIPTEN)
  set(sets scalar wasm wasmsimd)
  if(ONEDGE_RELAXED_SIMD)  # the kernels, and the code that chooses between them
    list(APPEND sets wasmrelaxedsimd)
    set(flags_wasmrelaxedsimd -mrelaxed-simd)
    set_source_files_properties(${core} PROPERTIES COMPILE_OPTIONS -mrelaxed-simd)
  endif()
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  set(sets scalar neon neonfma neonfma_aarch64)
else()
  set(sets scalar sse sse2 ssse3 sse41 avx f16c fma3 avx2 avx512f avx512skx)
endif()

# The families of micro-kernels that these operators call. The code that chooses a kernel names those of all families.
# The linker drops what nobody calls before it resolves names, so programs must link with --gc-sections
# (cmake/third_party.cmake). A call that does reach another family becomes an undefined symbol with its name.
set(used "/src/(f32-gemm|f32-igemm|f32-dwconv|f32-vmulcaddc|x32-packw)/")

foreach(set ${sets})
  include(${xnnpack}/cmake/gen/${set}_microkernels.cmake)
  string(TOUPPER ${set} SET)
  set(kernels ${PROD_${SET}_MICROKERNEL_SRCS})
  list(TRANSFORM kernels PREPEND ${xnnpack}/)
  list(FILTER kernels INCLUDE REGEX ${used})
  set_source_files_properties(${kernels} PROPERTIES COMPILE_OPTIONS "-fno-math-errno;${flags_${set}}")
  list(APPEND microkernels ${kernels})
endforeach()

add_library(XNNPACK STATIC ${core} ${microkernels})
target_include_directories(XNNPACK PUBLIC ${xnnpack}/include PRIVATE ${xnnpack}/src)
target_link_libraries(XNNPACK PUBLIC pthreadpool PRIVATE fxdiv)
set_target_properties(XNNPACK PROPERTIES C_STANDARD 99 CXX_STANDARD 14)
target_compile_definitions(XNNPACK PRIVATE XNN_LOG_LEVEL=0
  XNN_ENABLE_MEMOPT=1 XNN_ENABLE_SPARSE=1 XNN_ENABLE_GEMM_M_SPECIALIZATION=1 XNN_ENABLE_DWCONV_MULTIPASS=0
  XNN_ENABLE_ASSEMBLY=0 XNN_ENABLE_KLEIDIAI=0 XNN_ENABLE_HVX=0 XNN_ENABLE_VSX=0 XNN_ENABLE_RISCV_VECTOR=0
  XNN_ENABLE_ARM_FP16_VECTOR=0 XNN_ENABLE_ARM_FP16_SCALAR=0 XNN_ENABLE_ARM_BF16=0 XNN_ENABLE_ARM_DOTPROD=0
  XNN_ENABLE_ARM_I8MM=0 XNN_ENABLE_ARM_SME=0 XNN_ENABLE_ARM_SME2=0
  XNN_ENABLE_AVXVNNI=1 XNN_ENABLE_AVXVNNIINT8=1 XNN_ENABLE_AVX256SKX=1 XNN_ENABLE_AVX256VNNI=1 XNN_ENABLE_AVX256VNNIGFNI=0
  XNN_ENABLE_AVX512F=1 XNN_ENABLE_AVX512SKX=1 XNN_ENABLE_AVX512VBMI=1 XNN_ENABLE_AVX512VNNI=1 XNN_ENABLE_AVX512VNNIGFNI=1
  XNN_ENABLE_AVX512AMX=0 XNN_ENABLE_AVX512FP16=0)
if(EMSCRIPTEN)
  target_compile_definitions(XNNPACK PRIVATE XNN_ENABLE_CPUINFO=0)
  target_include_directories(XNNPACK PRIVATE ${CMAKE_SOURCE_DIR}/shims)
else()
  set(CPUINFO_LIBRARY_TYPE static)
  foreach(part TOOLS UNIT_TESTS MOCK_TESTS BENCHMARKS PKG_CONFIG)
    set(CPUINFO_BUILD_${part} OFF)
  endforeach()
  add_subdirectory(${ONEDGE_SOURCES}/cpuinfo cpuinfo EXCLUDE_FROM_ALL)
  target_compile_definitions(XNNPACK PRIVATE XNN_ENABLE_CPUINFO=1)
  target_link_libraries(XNNPACK PRIVATE cpuinfo)
endif()
install(FILES ${xnnpack}/include/xnnpack.h TYPE INCLUDE)
