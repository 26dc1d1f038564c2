// GFLOP/s (GOP/s) of the matrix products with constant weights, one thread, for the shapes of MiniLM at 128 tokens.
// Prints the best of many short runs, which other load on the machine disturbs least, and the share of the core's
// limit: 2 vector multiplications and 2 additions (or 2 fused) a cycle at 3.4 GHz for f32, 2 multiply-adds of int16
// pairs for 8 bits. XNNPACK's f32 products are shown beside ours.
// usage: gemm_bench [seconds per line, default 0.3]
#include <xnnpack.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "backends/cpu/gemm_s8.h"
#include "backends/cpu/packed_weights.h"

namespace {

using namespace onedge;
using namespace onedge::backends::cpu;

struct Sizes {
  size_t m, n, k;
};
constexpr Sizes kShapes[] = {{128, 384, 384}, {128, 1536, 384}, {128, 384, 1536}, {16, 384, 384}, {1, 384, 1536},
                             {2, 384, 1536},  {3, 384, 1536},   {4, 384, 1536},   {6, 384, 1536}, {1, 51865, 512}};

template <typename Run>
double BestSeconds(double seconds, const Run& run) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  double best = 1e9;
  do {
    const auto start = Clock::now();
    run();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
  } while (Clock::now() < end);
  return best;
}

void Print(const char* what, std::string_view name, const Sizes& s, double seconds, double limit) {
  const double rate = 2e-9 * static_cast<double>(s.m * s.n * s.k) / seconds;
  std::printf("%-4s %-14.*s %4zu x %4zu x %4zu  %8.1f us  %6.1f G/s  %3.0f %%\n", what, static_cast<int>(name.size()),
              name.data(), s.m, s.n, s.k, seconds * 1e6, rate, 100 * rate / limit);
}

void BenchXnnpack(const Sizes& s, const std::vector<float>& a, const std::vector<float>& b, std::vector<float>& c,
                  double seconds) {
  xnn_operator_t op = nullptr;
  if (xnn_initialize(nullptr) != xnn_status_success ||
      xnn_create_fully_connected_nc_f32(s.k, s.n, s.k, s.n, b.data(), nullptr, -INFINITY, INFINITY,
                                        XNN_FLAG_TRANSPOSE_WEIGHTS, nullptr, nullptr, &op) != xnn_status_success ||
      xnn_reshape_fully_connected_nc_f32(op, s.m, nullptr) != xnn_status_success ||
      xnn_setup_fully_connected_nc_f32(op, a.data(), c.data()) != xnn_status_success) {
    std::fprintf(stderr, "XNNPACK refused\n");
    std::exit(1);
  }
  Print("f32", "XNNPACK", s, BestSeconds(seconds, [&] { xnn_run_operator(op, nullptr); }), 108);
  xnn_delete_operator(op);
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 0.3;
  for (const Sizes& s : kShapes) {
    std::vector<float> a(s.m * s.k + 16), b(s.k * s.n, 0.25f), c(s.m * s.n);
    std::mt19937 random(1);
    std::normal_distribution<float> normal;  // as after a LayerNorm: kernels of bytes depend on the outliers
    for (float& value : a) value = normal(random);
    if (argc > 2) a[0] = 12;
    for (const GemmF32Kernels* kernels : AllGemmF32()) {
      const auto packed = PackedWeightsF32::Pack(*kernels, s.k, s.n, b.data(), s.n, 1, {}, nullptr);
      const Buffer workspace = Buffer::Allocate(packed->WorkspaceBytes(s.m, 1), nullptr).value();
      const double best = BestSeconds(seconds, [&] {
        packed->Run(s.m, a.data(), s.k, 1, c.data(), s.n, ops::Activation::kNone, workspace.data(), nullptr);
      });
      Print("f32", kernels->name, s, best, kernels->columns == 16 ? 108 : 54);
    }
    BenchXnnpack(s, a, b, c, seconds);
    const Shape shape = {static_cast<int64_t>(s.k), static_cast<int64_t>(s.n)};
    const Tensor weights = Tensor::FromValues<int8_t>(shape, std::vector<int8_t>(s.k * s.n, 3)).value();
    const std::vector<float> scales(s.n + 16, 0.01f);
    for (const GemmS8Kernels* kernels : AllGemmS8()) {
      const auto packed = PackedWeightsS8::Pack(*kernels, weights, nullptr, nullptr);
      const Buffer workspace = Buffer::Allocate(packed->WorkspaceBytes(s.m), nullptr).value();
      const double best = BestSeconds(seconds, [&] {
        const auto quantization = ops::ChooseQuantization(a.data(), a.size(), nullptr);
        packed->RunDynamic(s.m, a.data(), quantization,
                           {quantization.scale, scales.data(), nullptr, ops::Activation::kNone}, c.data(),
                           workspace.data(), nullptr);
      });
      Print("s8", kernels->name, s, best, kernels->columns == 16 ? 216 : 108);
    }
  }
  return 0;
}
