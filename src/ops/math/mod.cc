// Mod (ai.onnx 10, 13): remainder with broadcasting. fmod = 0: the result has the sign of the divisor; integers only.
// fmod = 1: it has the sign of the dividend, like C's fmod. An integer modulo zero gives 0, as in NumPy.
#include <cmath>

#include "ops/math/loops.h"

namespace onedge::ops {
namespace {

struct RemainderOf : Plain {
  using Plain::Plain;
  template <typename T>
  T operator()(T a, T b) const {
    if constexpr (std::is_floating_point_v<T>) {
      return std::fmod(a, b);
    } else {
      if (b == 0) return 0;
      if constexpr (std::is_signed_v<T>) {
        if (b == -1) return 0;  // the lowest value % -1 would trap
      }
      return a % b;
    }
  }
};

struct FloorModOf : Plain {
  using Plain::Plain;
  template <typename T>
  T operator()(T a, T b) const {
    const T r = RemainderOf(nullptr)(a, b);
    if constexpr (std::is_signed_v<T>) {
      if (r != 0 && (r < 0) != (b < 0)) return r + b;
    }
    return r;
  }
};

template <typename F>
constexpr BinaryLoops kInteger = {.i32 = ZipLoop<int32_t, int32_t, F>,
                                  .u32 = ZipLoop<uint32_t, uint32_t, F>,
                                  .i64 = ZipLoop<int64_t, int64_t, F>,
                                  .u64 = ZipLoop<uint64_t, uint64_t, F>};

}  // namespace

template <>
Result<OpPtr> Parse<struct Mod>(AttributeReader& attrs) {
  if (attrs.Int("fmod", 0) == 0) return MakeBinary(attrs, kInteger<FloorModOf>);
  BinaryLoops loops = kInteger<RemainderOf>;
  loops.f32 = ZipLoop<float, float, RemainderOf>;
  loops.f64 = ZipLoop<double, double, RemainderOf>;
  return MakeBinary(attrs, loops);
}

}  // namespace onedge::ops
