// The float32 functions against the C library in double precision, and lane widths against each other.
#include "ops/math/transcendental.h"

#pragma clang diagnostic ignored "-Wpsabi"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace onedge::ops::lanes {
namespace {

using Scalar = float (*)(float);
using Quad = F32x4 (*)(F32x4);
using Octet = F32x8 (*)(F32x8);

struct Function {
  const char* name;
  Scalar one;
  Quad four;
  Octet eight;
  double (*reference)(double);
  double ulps;
  float low, high;  // the measured domain
};

double Sigmoid64(double x) { return 1 / (1 + std::exp(-x)); }
double Softplus64(double x) { return std::log1p(std::exp(x)); }

const Function kFunctions[] = {
    {"Exp", Exp<float>, Exp<F32x4>, Exp<F32x8>, std::exp, 1.0, -104, 88.7f},
    {"Log", Log<float>, Log<F32x4>, Log<F32x8>, std::log, 1.0, 0, 3e38f},
    {"Log1p", Log1p<float>, Log1p<F32x4>, Log1p<F32x8>, std::log1p, 3.0, 0, 3e38f},
    {"Tanh", Tanh<float>, Tanh<F32x4>, Tanh<F32x8>, std::tanh, 2.0, -3e38f, 3e38f},
    {"Erf", Erf<float>, Erf<F32x4>, Erf<F32x8>, std::erf, 2.0, -3e38f, 3e38f},
    {"Sigmoid", Sigmoid<float>, Sigmoid<F32x4>, Sigmoid<F32x8>, Sigmoid64, 2.5, -104, 3e38f},
    {"Softplus", Softplus<float>, Softplus<F32x4>, Softplus<F32x8>, Softplus64, 3.0, -104, 700},
};

// Distance from `reference` in units in the last place of a float of its size, subnormals included.
double UlpsOff(float value, double reference) {
  if (std::isnan(value) || std::isnan(reference)) return std::isnan(value) && std::isnan(reference) ? 0 : 1e30;
  if (static_cast<float>(reference) == value) return 0;
  const int exponent = std::max(std::ilogb(reference), -126);
  return std::abs(value - reference) / std::ldexp(1.0, exponent - 23);
}

// Every 4999th float bit pattern of both signs: 860,000 samples, dense at every magnitude.
template <typename Visit>
void ForSamples(Visit visit) {
  for (uint64_t bits = 0; bits < 0x100000000u; bits += 4999) visit(std::bit_cast<float>(static_cast<uint32_t>(bits)));
}

uint32_t BitsOf(float x) { return std::isnan(x) ? 0x7fc00000u : std::bit_cast<uint32_t>(x); }

TEST(Transcendental, IsAccurateOverAllMagnitudes) {
  for (const Function& f : kFunctions) {
    double worst = 0;
    float worst_at = 0;
    ForSamples([&](float x) {
      if (!(x >= f.low && x <= f.high)) return;
      const double off = UlpsOff(f.one(x), f.reference(x));
      if (off > worst) worst = off, worst_at = x;
    });
    EXPECT_LE(worst, f.ulps) << f.name << " at " << worst_at;
  }
}

TEST(Transcendental, IsAccurateWhereModelsLive) {
  for (const Function& f : kFunctions) {
    double worst = 0;
    float worst_at = 0;
    for (int i = -400000; i <= 400000; ++i) {
      const float x = static_cast<float>(i) * 5e-5f;
      if (!(x >= f.low && x <= f.high)) continue;
      const double off = UlpsOff(f.one(x), f.reference(x));
      if (off > worst) worst = off, worst_at = x;
    }
    EXPECT_LE(worst, f.ulps) << f.name << " at " << worst_at;
  }
}

TEST(Transcendental, AllLaneWidthsGiveTheSameBits) {
  for (const Function& f : kFunctions) {
    float in[8];
    int filled = 0;
    size_t different = 0;
    ForSamples([&](float x) {
      in[filled++] = x;
      if (filled < 8) return;
      filled = 0;
      const F32x8 octet = f.eight(Load<F32x8>(in));
      const F32x4 quads[2] = {f.four(Load<F32x4>(in)), f.four(Load<F32x4>(in + 4))};
      for (int i = 0; i < 8; ++i) {
        const uint32_t expected = BitsOf(f.one(in[i]));
        different += BitsOf(octet[i]) != expected || BitsOf(quads[i / 4][i % 4]) != expected;
      }
    });
    EXPECT_EQ(different, 0u) << f.name;
  }
}

TEST(Transcendental, HandlesInfinityAndNan) {
  const float inf = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(Exp(inf), inf);
  EXPECT_EQ(Exp(-inf), 0.0f);
  EXPECT_EQ(Exp(0.0f), 1.0f);
  EXPECT_EQ(Exp(88.8f), inf);
  EXPECT_EQ(Log(inf), inf);
  EXPECT_EQ(Log(0.0f), -inf);
  EXPECT_EQ(Log(-0.0f), -inf);
  EXPECT_EQ(Log(1.0f), 0.0f);
  EXPECT_TRUE(std::isnan(Log(-1.0f)));
  EXPECT_TRUE(std::isnan(Log(-inf)));
  EXPECT_EQ(Log1p(inf), inf);
  EXPECT_EQ(Tanh(inf), 1.0f);
  EXPECT_EQ(Tanh(-inf), -1.0f);
  EXPECT_TRUE(std::signbit(Tanh(-0.0f)));
  EXPECT_EQ(Erf(inf), 1.0f);
  EXPECT_EQ(Erf(-inf), -1.0f);
  EXPECT_EQ(Sigmoid(inf), 1.0f);
  EXPECT_EQ(Sigmoid(-inf), 0.0f);
  EXPECT_EQ(Softplus(inf), inf);
  EXPECT_EQ(Softplus(-inf), 0.0f);
  for (const Function& f : kFunctions) EXPECT_TRUE(std::isnan(f.one(nan))) << f.name;
}

// The accuracy tests check the values. This test checks that no build (native, wasm, sanitizers, other lanes) differs
// by a bit.
TEST(Transcendental, KeepsItsBitsOnEveryHost) {
  uint64_t digest = 1469598103934665603u;
  ForSamples([&](float x) {
    for (const Function& f : kFunctions) digest = (digest ^ BitsOf(f.one(x))) * 1099511628211u;
    digest = (digest ^ BitsOf(Gelu(x))) * 1099511628211u;
    digest = (digest ^ BitsOf(GeluTanh(x))) * 1099511628211u;
  });
  EXPECT_EQ(digest, 12683443687562131009u);
}

TEST(Gelu, IsExactFarFromZero) {
  for (const float x : {5.5f, 100.0f, 1e30f}) {
    EXPECT_EQ(Gelu(x), x);
    EXPECT_EQ(Gelu(-x), 0.0f);
  }
}

TEST(Gelu, MatchesTheErrorFunctionFormula) {
  for (int i = -60000; i <= 60000; ++i) {
    const float x = static_cast<float>(i) * 1e-4f;
    const double xd = x;
    EXPECT_NEAR(Gelu(x), 0.5 * xd * (1 + std::erf(xd / std::sqrt(2.0))), 4e-7 * std::max(1.0, std::abs(xd)));
    const double inner = std::sqrt(2 / M_PI) * (xd + 0.044715 * xd * xd * xd);
    EXPECT_NEAR(GeluTanh(x), 0.5 * xd * (1 + std::tanh(inner)), 4e-7 * std::max(1.0, std::abs(xd)));
  }
}

}  // namespace
}  // namespace onedge::ops::lanes
