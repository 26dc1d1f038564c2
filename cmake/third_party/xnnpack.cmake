# XNNPACK without its subgraph: operators, their configurations and the production micro-kernels, listed from its own
# cmake/gen.
# Its own CMake files do not support WebAssembly and need Python. One list for both targets also keeps them equal.
set(xnnpack ${ONEDGE_SOURCES}/xnnpack)

file(GLOB core ${xnnpack}/src/operators/*.c ${xnnpack}/src/configs/*.c ${xnnpack}/src/reference/*.cc ${xnnpack}/src/tables/*.c
  ${xnnpack}/src/enums/*.c)
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
set(flags_avxvnni -mf16c -mfma -mavx2 -mavxvnni)
set(flags_avxvnniint8 -mf16c -mfma -mavx2 -mavxvnniint8)
set(flags_avx256skx ${avx512skx})
set(flags_avx256vnni ${avx512skx} -mavx512vnni)
set(flags_avx512f -mavx512f)
set(flags_avx512skx ${avx512skx})
set(flags_avx512vbmi ${avx512skx} -mavx512vbmi)
set(flags_avx512vnni ${avx512skx} -mavx512vnni)
set(flags_avx512vnnigfni ${avx512skx} -mavx512vnni -mgfni)
if(EMSCRIPTEN)
  set(sets scalar wasm wasmsimd)
  if(ONEDGE_RELAXED_SIMD)  # the kernels, and the code that chooses between them
    list(APPEND sets wasmrelaxedsimd)
    set(flags_wasmrelaxedsimd -mrelaxed-simd)
    set_source_files_properties(${core} PROPERTIES COMPILE_OPTIONS -mrelaxed-simd)
  endif()
else()
  set(sets scalar sse sse2 ssse3 sse41 avx f16c fma3 avx2 avxvnni avxvnniint8 avx256skx avx256vnni avx512f avx512skx avx512vbmi
    avx512vnni avx512vnnigfni)
endif()

# Of the matrix products and convolutions only those of f32 in NHWC: onedge computes f16 models in f32 and has its own
# 8-bit products. The linker drops the code that refers to the other kernels before it resolves them. A call that does
# reach one becomes an undefined symbol with its name.
set(products "/src/[a-z0-9-]*(gemm|igemm|dwconv|dwconv2d-chw|conv-hwc2chw|spmm|ibilinear-chw)/")
set(used "/src/f32-(gemm|igemm|dwconv)/")

foreach(set ${sets})
  include(${xnnpack}/cmake/gen/${set}_microkernels.cmake)
  string(TOUPPER ${set} SET)
  set(kernels ${PROD_${SET}_MICROKERNEL_SRCS})
  list(TRANSFORM kernels PREPEND ${xnnpack}/)
  set(unused ${kernels})
  list(FILTER unused INCLUDE REGEX ${products})
  list(FILTER unused EXCLUDE REGEX ${used})
  if(unused)
    list(REMOVE_ITEM kernels ${unused})
  endif()
  set_source_files_properties(${kernels} PROPERTIES COMPILE_OPTIONS "-fno-math-errno;${flags_${set}}")
  list(APPEND microkernels ${kernels})
endforeach()

add_library(XNNPACK STATIC ${core} ${microkernels})
target_include_directories(XNNPACK PUBLIC ${xnnpack}/include PRIVATE ${xnnpack}/src ${CMAKE_SOURCE_DIR}/shims)
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
