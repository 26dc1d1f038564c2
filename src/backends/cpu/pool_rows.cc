#include "backends/cpu/pool_rows.h"

#include "backends/cpu/pool_rows_body.h"
#include "backends/cpu/processor.h"

namespace onedge::backends::cpu {

#if defined(__x86_64__)
extern const PoolRows kPoolRowsAvx2;
#endif

const PoolRows& SelectPoolRows() {
#if defined(__x86_64__)
  if (HasAvx2()) return kPoolRowsAvx2;
#endif
  static constexpr PoolRows rows = MakePoolRows<Simd128>();
  return rows;
}

}  // namespace onedge::backends::cpu
