// Two of XNNPACK's WebAssembly micro-kernels include <arm_neon.h> by mistake; they need this header.
#include <wasm_simd128.h>
