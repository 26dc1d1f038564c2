#include "backends/cpu/nbits_rows_body.h"

namespace onedge::backends::cpu {

extern const NBitsRows kNBitsRowsAvx2Fused;
extern const NBitsRows kNBitsRowsAvx2;

constinit const NBitsRows kNBitsRowsAvx2Fused = MakeNBitsRows<Avx2, Avx2Fused, 2>();
constinit const NBitsRows kNBitsRowsAvx2 = MakeNBitsRows<Avx2, Avx2, 2>();

}  // namespace onedge::backends::cpu
