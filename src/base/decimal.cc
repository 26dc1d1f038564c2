#include "base/decimal.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "base/check.h"

namespace onedge {
namespace {

// Enough for any double: 53 bits times 5^1074, or 780 digits, are below 2^2700.
constexpr int kLimbs = 96;
// A number halfway between two doubles has at most 767 significant digits; further digits only break ties.
constexpr int kMaxDigits = 780;
constexpr uint32_t kBillion = 1000000000;

// An unsigned integer of up to 3072 bits, least significant limb first.
struct BigInteger {
  uint32_t limbs[kLimbs];
  int size = 0;  // without leading zeros

  void Trim() {
    while (size > 0 && limbs[size - 1] == 0) --size;
  }
  int bits() const { return size == 0 ? 0 : 32 * size - std::countl_zero(limbs[size - 1]); }
  void MultiplyAdd(uint32_t factor, uint32_t carry) {
    for (int i = 0; i < size; ++i) {
      const uint64_t product = uint64_t{limbs[i]} * factor + carry;
      limbs[i] = static_cast<uint32_t>(product);
      carry = static_cast<uint32_t>(product >> 32);
    }
    if (carry) limbs[size++] = carry;
  }
  // Divides in place and returns the remainder.
  uint32_t Divide(uint32_t divisor) {
    uint64_t rest = 0;
    for (int i = size; i-- > 0;) {
      rest = rest << 32 | limbs[i];
      limbs[i] = static_cast<uint32_t>(rest / divisor);
      rest %= divisor;
    }
    Trim();
    return static_cast<uint32_t>(rest);
  }
  void ShiftLeft(int count) {
    const int whole = count / 32;
    const int part = count % 32;
    limbs[size] = 0;
    for (int i = size; i >= 0; --i) {
      const uint64_t wide = uint64_t{limbs[i]} << 32 | (i > 0 ? limbs[i - 1] : 0);
      limbs[i + whole] = static_cast<uint32_t>(wide << part >> 32);
    }
    std::fill(limbs, limbs + whole, 0);
    size += whole + 1;
    Trim();
  }
};

// Calls `step` with factors whose product is 5^exponent.
template <typename Step>
void ForPowersOfFive(int exponent, Step step) {
  constexpr uint32_t k5To13 = 1220703125;
  for (; exponent >= 13; exponent -= 13) step(k5To13);
  uint32_t rest = 1;
  for (; exponent > 0; --exponent) rest *= 5;
  if (rest > 1) step(rest);
}

// integer * 10^exponent, rounded to the nearest, ties to even.
double Round(BigInteger& integer, int exponent) {
  int exponent2 = exponent;
  bool inexact = false;
  if (exponent >= 0) {
    ForPowersOfFive(exponent, [&](uint32_t factor) { integer.MultiplyAdd(factor, 0); });
  } else {
    // 5^n has at most 2.33 n bits; at least 66 bits must remain.
    const int shift = std::max(0, 66 - exponent * 7 / 3 + 1 - integer.bits());
    integer.ShiftLeft(shift);
    exponent2 -= shift;
    ForPowersOfFive(-exponent, [&](uint32_t divisor) { inexact |= integer.Divide(divisor) != 0; });
  }
  // The bits that the result can hold: 53, or fewer if it is subnormal.
  const int bits = integer.bits();
  const int drop = std::max(bits - 53, -1074 - exponent2);
  uint64_t mantissa = 0;
  if (drop <= 0) {
    for (int i = integer.size; i-- > 0;) mantissa = mantissa << 32 | integer.limbs[i];
    return std::ldexp(static_cast<double>(mantissa), exponent2);
  }
  const auto bit = [&](int i) { return i < 32 * integer.size && (integer.limbs[i / 32] >> i % 32 & 1) != 0; };
  for (int i = bits; i-- > drop;) mantissa = mantissa << 1 | bit(i);
  if (bit(drop - 1)) {
    for (int i = 0; i < drop - 1 && !inexact; ++i) inexact = bit(i);
    if (inexact || (mantissa & 1)) ++mantissa;
  }
  return std::ldexp(static_cast<double>(mantissa), exponent2 + drop);
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The length of `word` if `text` starts with it (in any case), otherwise 0.
size_t Match(const char* text, const char* word) {
  size_t i = 0;
  for (; word[i]; ++i) {
    if ((text[i] | 0x20) != word[i]) return 0;
  }
  return i;
}

// Moves `text` past the number. REQUIRES: `text` starts with a digit, or with a point and a digit.
double ParseDecimal(const char*& text) {
  ONEDGE_DCHECK(IsDigit(text[0]) || (text[0] == '.' && IsDigit(text[1])));
  BigInteger integer;
  uint64_t head = 0;  // the first digits, while they fit
  int digits = 0;     // significant digits seen
  int exponent = 0;
  bool dropped = false;  // digits other than 0
  uint32_t chunk = 0;
  uint32_t chunk_size = 1;
  const auto flush = [&] {
    integer.MultiplyAdd(chunk_size, chunk);
    chunk = 0;
    chunk_size = 1;
  };
  for (bool fraction = false;; ++text) {
    if (*text == '.' && !fraction) {
      fraction = true;
      continue;
    }
    if (!IsDigit(*text)) break;
    if (fraction) exponent -= exponent > -100000;
    const auto digit = static_cast<uint32_t>(*text - '0');
    if (digits == 0 && digit == 0) continue;
    if (digits == kMaxDigits) {
      dropped |= digit != 0;
      exponent += exponent < 100000;
      continue;
    }
    ++digits;
    if (digits <= 19) head = head * 10 + digit;
    chunk = chunk * 10 + digit;
    chunk_size *= 10;
    if (chunk_size == kBillion) flush();
  }
  if ((*text | 0x20) == 'e') {
    const char* at = text + 1;
    const bool negative = *at == '-';
    if (*at == '-' || *at == '+') ++at;
    if (IsDigit(*at)) {
      int written = 0;
      for (; IsDigit(*at); ++at) written = std::min(written * 10 + (*at - '0'), 1000000);
      exponent += negative ? -written : written;
      text = at;
    }
  }
  if (digits == 0) return 0;
  if (exponent + digits > 310) return std::numeric_limits<double>::infinity();
  if (exponent + digits < -330) return 0;
  // Both operands are exact, so the product or quotient is rounded once.
  constexpr double kPowersOfTen[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                     1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  if (digits <= 19 && head < uint64_t{1} << 53 && std::abs(exponent) <= 22) {
    const double power = kPowersOfTen[std::abs(exponent)];
    return exponent < 0 ? static_cast<double>(head) / power : static_cast<double>(head) * power;
  }
  if (dropped) {  // breaks ties as the dropped digits would
    chunk = chunk * 10 + 1;
    chunk_size *= 10;
    --exponent;
  }
  flush();
  return Round(integer, exponent);
}

// All digits of `value`, and the position of the decimal point. REQUIRES: value > 0, finite.
std::string ExactDigits(double value, int& point) {
  ONEDGE_DCHECK(value > 0 && std::isfinite(value));
  int exponent;
  auto mantissa = static_cast<uint64_t>(std::ldexp(std::frexp(value, &exponent), 53));
  exponent -= 53;
  const int zeros = std::min(std::countr_zero(mantissa), std::max(0, -exponent));
  mantissa >>= zeros;
  exponent += zeros;
  BigInteger integer;
  integer.limbs[0] = static_cast<uint32_t>(mantissa);
  integer.limbs[1] = static_cast<uint32_t>(mantissa >> 32);
  integer.size = 2;
  integer.Trim();
  if (exponent >= 0) {
    integer.ShiftLeft(exponent);
  } else {
    ForPowersOfFive(-exponent, [&](uint32_t factor) { integer.MultiplyAdd(factor, 0); });
  }
  std::string reversed;
  while (integer.size > 0) {
    uint32_t chunk = integer.Divide(kBillion);
    for (int i = 0; i < 9; ++i, chunk /= 10) reversed.push_back(static_cast<char>('0' + chunk % 10));
  }
  while (reversed.back() == '0') reversed.pop_back();
  point = static_cast<int>(reversed.size()) + std::min(exponent, 0);
  return std::string(reversed.rbegin(), reversed.rend());
}

// Rounds to at most `count` digits, to nearest, ties to even, and drops zeros at the end.
void RoundDigits(std::string& digits, size_t count, int& point) {
  if (digits.size() > count) {
    const bool above = digits[count] > '5' || (digits[count] == '5' && digits.size() > count + 1);
    const bool tie = digits[count] == '5' && !above;
    const bool up = above || (tie && (digits[count - 1] - '0') % 2 == 1);
    digits.resize(count);
    if (up) {
      size_t i = count;
      while (i > 0 && digits[i - 1] == '9') digits[--i] = '0';
      if (i > 0) {
        ++digits[i - 1];
      } else {
        digits.insert(digits.begin(), '1');
        ++point;
      }
    }
  }
  while (digits.size() > 1 && digits.back() == '0') digits.pop_back();
}

}  // namespace

double ParseNumber(const char* text, const char** end) {
  const char* at = text;
  while (*at == ' ' || (*at >= '\t' && *at <= '\r')) ++at;
  const bool negative = *at == '-';
  if (*at == '-' || *at == '+') ++at;
  double value = 0;
  if (IsDigit(*at) || (*at == '.' && IsDigit(at[1]))) {
    value = ParseDecimal(at);
  } else if (const size_t length = std::max(Match(at, "inf"), Match(at, "infinity"))) {
    value = std::numeric_limits<double>::infinity();
    at += length;
  } else if (Match(at, "nan")) {
    value = std::numeric_limits<double>::quiet_NaN();
    at += 3;
  } else {
    if (end) *end = text;
    return 0;
  }
  if (end) *end = at;
  return negative ? -value : value;
}

std::string FormatNumber(double value, int digits) {
  ONEDGE_DCHECK(digits >= 1 && digits <= 17);
  if (value != value) return "nan";
  std::string out = std::signbit(value) ? "-" : "";
  value = std::abs(value);
  if (value == 0) return out + "0";
  if (value == std::numeric_limits<double>::infinity()) return out + "inf";
  int point;
  std::string all = ExactDigits(value, point);
  RoundDigits(all, static_cast<size_t>(digits), point);
  const int size = static_cast<int>(all.size());
  const int exponent = point - 1;
  if (exponent < -4 || exponent >= digits) {
    out += all[0];
    if (size > 1) out.append(".").append(all, 1);
    out += exponent < 0 ? "e-" : "e+";
    if (std::abs(exponent) < 10) out += '0';
    return out + std::to_string(std::abs(exponent));
  }
  if (point <= 0) return out.append("0.").append(static_cast<size_t>(-point), '0').append(all);
  if (point >= size) return out.append(all).append(static_cast<size_t>(point - size), '0');
  return out.append(all, 0, static_cast<size_t>(point)).append(".").append(all, static_cast<size_t>(point));
}

}  // namespace onedge
