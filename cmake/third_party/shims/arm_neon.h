// Two of XNNPACK's WebAssembly micro-kernels include <arm_neon.h> where they mean this.
#include <wasm_simd128.h>
