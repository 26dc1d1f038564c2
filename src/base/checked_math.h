// Integer arithmetic that reports overflow. Sizes and offsets from a file may be chosen by an attacker.
#pragma once

#include <concepts>
#include <optional>
#include <utility>

namespace onedge {

template <std::integral T>
std::optional<T> CheckedAdd(T a, T b) {
  T sum;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

template <std::integral T>
std::optional<T> CheckedMultiply(T a, T b) {
  T product;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

// nullopt if `value` does not fit To.
template <std::integral To, std::integral From>
std::optional<To> CheckedCast(From value) {
  if (!std::in_range<To>(value)) return std::nullopt;
  return static_cast<To>(value);
}

// The smallest multiple of `alignment` that is at least `value`. Overflow is not checked.
template <std::unsigned_integral T>
constexpr T AlignUp(T value, T alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

}  // namespace onedge
