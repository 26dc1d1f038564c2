#include "base/check.h"

#if defined(ONEDGE_CHECKED)
#include <cstdio>
#include <cstdlib>

namespace onedge::internal {

void CheckFailed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "%s:%d: ONEDGE_DCHECK(%s) failed\n", file, line, condition);
  std::abort();
}

}  // namespace onedge::internal
#endif
