#include "backends/cpu/pool_rows_body.h"

namespace onedge::backends::cpu {

extern const PoolRows kPoolRowsAvx2;
constinit const PoolRows kPoolRowsAvx2 = MakePoolRows<Avx2>();

}  // namespace onedge::backends::cpu
