#include "ops/quant/quantize.h"

#include <algorithm>
#include <vector>

namespace onedge::ops {

DynamicQuantization ChooseQuantization(float lowest, float highest) {
  lowest = lowest < 0.0f ? lowest : 0.0f;
  highest = highest > 0.0f ? highest : 0.0f;
  DynamicQuantization chosen;
  if (lowest == highest) return chosen;
  chosen.scale = (highest - lowest) / 255.0f;
  if (chosen.scale == 0.0f) chosen.scale = 1.0f;  // the range underflows
  const float zero_point = 0.0f - lowest / chosen.scale;
  chosen.zero_point = static_cast<uint8_t>(RoundQuotient(zero_point, 1.0f, 0.0f, 255.0f));
  return chosen;
}

DynamicQuantization ChooseQuantization(const float* x, size_t count, ThreadPool* pool) {
  constexpr size_t kPart = size_t{1} << 16;
  constexpr size_t kParts = 64;  // the extremes of this many parts fit the stack; more elements make larger parts
  const size_t size = std::max(kPart, (count + kParts - 1) / kParts);
  const size_t parts = (count + size - 1) / size;
  float lowest[kParts];
  float highest[kParts];
  ParallelFor(pool, parts, [&](size_t part) {
    float low[8] = {};
    float high[8] = {};
    const size_t end = std::min(count, (part + 1) * size);
    size_t i = part * size;
    for (; i + 8 <= end; i += 8) {
      for (size_t j = 0; j < 8; ++j) {
        low[j] = x[i + j] < low[j] ? x[i + j] : low[j];
        high[j] = x[i + j] > high[j] ? x[i + j] : high[j];
      }
    }
    for (; i < end; ++i) {
      low[0] = x[i] < low[0] ? x[i] : low[0];
      high[0] = x[i] > high[0] ? x[i] : high[0];
    }
    lowest[part] = *std::min_element(low, low + 8);
    highest[part] = *std::max_element(high, high + 8);
  });
  if (parts == 0) return {};
  return ChooseQuantization(*std::min_element(lowest, lowest + parts), *std::max_element(highest, highest + parts));
}

void QuantizeToUint8(const float* x, size_t count, DynamicQuantization parameters, uint8_t* y) {
  const float low = -static_cast<float>(parameters.zero_point);
  const float high = 255.0f - static_cast<float>(parameters.zero_point);
  for (size_t i = 0; i < count; ++i) {
    y[i] = static_cast<uint8_t>(RoundQuotient(x[i], parameters.scale, low, high) + parameters.zero_point);
  }
}

}  // namespace onedge::ops
