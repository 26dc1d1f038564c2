// The order of dimensions of images: [N, C, spatial...], or with channels last [N, spatial..., C].
#pragma once

#include <cstddef>

namespace onedge::ops {

// [N, C, spatial...] from [N, spatial..., C]; d: Dims or Shape of rank 2 or more.
template <typename D>
D ChannelsFirst(const D& d) {
  D out = {d.front(), d.back()};
  for (size_t i = 1; i + 1 < d.size(); ++i) out.push_back(d[i]);
  return out;
}
// [N, spatial..., C] from [N, C, spatial...].
template <typename D>
D ChannelsLast(const D& d) {
  D out = {d.front()};
  for (size_t i = 2; i < d.size(); ++i) out.push_back(d[i]);
  out.push_back(d[1]);
  return out;
}

}  // namespace onedge::ops
