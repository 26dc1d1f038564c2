// MatMulNBits with constant weights, against double precision and the portable operator.
#include "backends/cpu/gemm_f32.h"
#include "backends/cpu/nbits_rows.h"
#include "tests/backends/kernel_tester.h"
#include "tests/nbits_case.h"

namespace onedge::backends::cpu {
namespace {

using Zeros = NBitsCase::Zeros;

#if !defined(__wasm__)  // where the backend leaves the operator to its portable form
std::unique_ptr<KernelTester> TesterOf(const NBitsCase& c) {
  auto made = std::make_unique<KernelTester>("com.microsoft", "MatMulNBits", 1);
  KernelTester& tester = *made;
  tester.Attribute("K", static_cast<int64_t>(c.k)).Attribute("N", static_cast<int64_t>(c.n));
  tester.Attribute("bits", static_cast<int64_t>(c.bits)).Attribute("block_size", static_cast<int64_t>(c.block_size));
  tester.Input(c.X()).Constant(c.B()).Constant(c.Scales());
  c.zeros == Zeros::kDefault ? tester.NoInput() : tester.Constant(c.ZeroPoints());
  tester.NoInput();
  c.biased ? tester.Constant(c.Bias()) : tester.NoInput();
  return made;
}

double ValueAt(const Tensor& tensor, size_t i) {
  return static_cast<double>(tensor.dtype() == DType::kFloat16 ? ToFloat(tensor.data<Float16>()[i])
                                                               : tensor.data<float>()[i]);
}

TEST(NBitsLinear, AgreesWithDoublePrecision) {
  uint32_t seed = 20261201;
  const auto pool = ThreadPool::Create(3);
  for (const size_t bits : {2, 4, 8}) {
    for (const size_t block_size : {16, 32, 64, 128, 256}) {
      for (const Zeros zeros : {Zeros::kDefault, Zeros::kPacked, Zeros::kFloats}) {
        for (const size_t m : {1, 2, 3, 4, 7}) {
          ++seed;
          Random random(seed);
          NBitsCase c{.m = m, .k = random.Size(1, 3 * block_size + 5), .n = random.Size(1, 70)};
          c.bits = bits;
          c.block_size = block_size;
          c.zeros = zeros;
          c.half = random.Size(0, 1);
          c.biased = random.Size(0, 1);
          c.Fill(seed);
          SCOPED_TRACE(StrCat("bits ", bits, " block ", block_size, " zeros ", static_cast<int>(zeros), " m ", m, " k ",
                              c.k, " n ", c.n, " half ", c.half, " seed ", seed));
          const auto made = TesterOf(c);
          KernelTester& tester = *made;
          const Tensor y = tester.RunOne();
          const std::vector<double> expected = c.Product();
          ASSERT_EQ(y.element_count(), static_cast<int64_t>(expected.size()));
          for (size_t i = 0; i < expected.size(); ++i) {
            ASSERT_NEAR(ValueAt(y, i), expected[i], (c.half ? 2e-3 : 1e-5) * (1 + std::abs(expected[i]))) << i;
          }
          const Tensor exact = tester.Exact(true).RunOne(), portable = tester.RunOnePortable();
          ASSERT_EQ(std::memcmp(exact.bytes(), portable.bytes(), exact.byte_size()), 0);
          const Tensor threaded = tester.Exact(false).Threads(pool.get()).RunOne();
          ASSERT_EQ(std::memcmp(threaded.bytes(), y.bytes(), y.byte_size()), 0);
        }
      }
    }
  }
}

TEST(NBitsLinear, ManyRowsAndDeepSums) {
  for (const bool half : {false, true}) {
    NBitsCase c{.m = 150, .k = 500, .n = 50};
    c.zeros = Zeros::kPacked;
    c.half = half;
    c.biased = true;
    c.Fill(7);
    const Tensor y = TesterOf(c)->RunOne();
    const std::vector<double> expected = c.Product();
    ASSERT_EQ(y.element_count(), static_cast<int64_t>(expected.size()));
    for (size_t i = 0; i < expected.size(); ++i) {
      ASSERT_NEAR(ValueAt(y, i), expected[i], (half ? 4e-3 : 3e-5) * (1 + std::abs(expected[i]))) << i;
    }
  }
}

TEST(NBitsLinear, TheBitsOfARowDoNotDependOnOtherRows) {
  for (const size_t bits : {2, 4, 8}) {
    for (const bool exact : {false, true}) {
      NBitsCase c{.m = 9, .k = 803, .n = 45};
      c.bits = bits;
      c.zeros = Zeros::kPacked;
      c.Fill(5);
      const Tensor all = TesterOf(c)->Exact(exact).RunOne();
      for (size_t first = 0, count; first < 9; first += count) {
        count = std::min<size_t>(1 + first, 9 - first);  // 1, 2, 4 and 2 rows
        NBitsCase part = c;
        part.m = count;
        part.x.assign(c.x.begin() + static_cast<ptrdiff_t>(first * c.k),
                      c.x.begin() + static_cast<ptrdiff_t>((first + count) * c.k));
        const Tensor rows = TesterOf(part)->Exact(exact).RunOne();
        ASSERT_EQ(std::memcmp(rows.bytes(), all.bytes() + first * c.n * sizeof(float), rows.byte_size()), 0)
            << "bits " << bits << ", rows from " << first;
      }
    }
  }
}

TEST(NBitsLinear, EmptyBatch) {
  NBitsCase c{.m = 0, .k = 40, .n = 3};
  c.Fill(1);
  EXPECT_EQ(TesterOf(c)->RunOne().shape().ToString(), "[0, 3]");
}

TEST(NBitsLinear, KeepsAboutThePackedSize) {
  for (const Zeros zeros : {Zeros::kDefault, Zeros::kPacked, Zeros::kFloats}) {
    NBitsCase c{.m = 1, .k = 1024, .n = 64};
    c.zeros = zeros;
    c.Fill(1);
    const auto made = TesterOf(c);
    KernelTester& tester = *made;
    const auto kernel = tester.Lower();
    ASSERT_TRUE(kernel.ok() && *kernel);
    const size_t codes = 64 * 1024 / 2, blocks = 64 * 1024 / 32;
    const size_t zero_bytes = zeros == Zeros::kDefault ? 0 : zeros == Zeros::kPacked ? 1 : 4;
    EXPECT_EQ((*kernel)->resident_bytes(), codes + blocks * (4 + zero_bytes));
    EXPECT_LT(tester.budget().used_bytes(), codes + blocks * (4 + zero_bytes) + 256);
    EXPECT_GE(tester.budget().used_bytes(), (*kernel)->resident_bytes());
  }
}

TEST(NBitsLinear, LeavesOtherFormsToThePortableOperator) {
  NBitsCase c{.m = 1, .k = 40, .n = 3};
  c.grouped = true;
  c.Fill(1);
  KernelTester grouped("com.microsoft", "MatMulNBits", 1);
  grouped.Attribute("K", int64_t{40}).Attribute("N", int64_t{3}).Attribute("block_size", int64_t{32});
  grouped.Input(c.X()).Constant(c.B()).Constant(c.Scales()).NoInput().Constant(c.Groups());
  EXPECT_EQ(*grouped.Lower(), nullptr);
  KernelTester variable("com.microsoft", "MatMulNBits", 1);
  variable.Attribute("K", int64_t{40}).Attribute("N", int64_t{3}).Attribute("block_size", int64_t{32});
  variable.Input(c.X()).Input(c.B()).Constant(c.Scales());
  EXPECT_EQ(*variable.Lower(), nullptr);
}

#endif

// The kernels for every processor: a panel against weights in double precision, rounded twice as the kernels do.
TEST(NBitsRows, WidenAndMultiply) {
  struct {
    const NBitsRows& rows;
    size_t columns;
  } const all[] = {{SelectNBitsRows(true), SelectGemmF32(true).columns},
                   {Simd128NBitsRows(), AllGemmF32().back()->columns}};
  for (const auto& [rows, columns] : all) {
    for (const size_t bits : {2, 4, 8}) {
      NBitsCase c{.m = 4, .k = 83, .n = 3 * columns};
      c.bits = bits;
      c.zeros = Zeros::kFloats;
      c.Fill(static_cast<uint32_t>(bits));
      const Tensor b = c.B();
      const size_t column_bytes = static_cast<size_t>(b.element_count()) / c.n, byte_rows = (c.k * bits + 7) / 8;
      std::vector<uint8_t> codes;
      std::vector<float> scales, zeros, x(c.x.begin(), c.x.end());
      for (size_t j = 0; j < c.n; j += columns) {
        for (size_t i = 0; i < byte_rows; ++i) {
          for (size_t q = j; q < j + columns; ++q) codes.push_back(b.data<uint8_t>()[q * column_bytes + i]);
        }
        for (size_t i = 0; i < c.blocks(); ++i) {
          for (size_t q = j; q < j + columns; ++q) {
            scales.push_back(static_cast<float>(c.scales[q * c.blocks() + i]));
            zeros.push_back(static_cast<float>(c.zero_points[q * c.blocks() + i]));
          }
        }
      }
      const NBitsPanels panels = {codes.data(), scales.data(), nullptr, zeros.data(), c.k, bits, 32, columns, 3};
      std::vector<float> wide(84 * columns), y(4 * 2 * columns);
      const auto weight = [&](size_t i, size_t j) {
        const size_t block = j * c.blocks() + i / 32;
        return (static_cast<float>(c.codes[j * c.k + i]) - static_cast<float>(c.zero_points[block])) *
               static_cast<float>(c.scales[block]);
      };
      for (const size_t k0 : {0, 8}) {
        rows.dequantize(panels, 1, k0, c.k - k0, wide.data());
        for (size_t i = k0; i < c.k; ++i) {
          for (size_t q = 0; q < columns; ++q) ASSERT_EQ(wide[(i - k0) * columns + q], weight(i, columns + q));
        }
      }
      for (size_t m = 1; rows.multiply && m <= kNBitsRows; ++m) {
        const size_t width = rows.panels_at_once[m - 1] * columns;
        rows.multiply(panels, m, 1, x.data(), y.data());
        for (size_t r = 0; r < m; ++r) {
          for (size_t q = 0; q < width; ++q) {
            float sum = 0;
            for (size_t i = 0; i < c.k; ++i) sum = sum + x[r * c.k + i] * weight(i, columns + q);
            ASSERT_EQ(y[r * width + q], sum) << "m " << m << " row " << r << " column " << q;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace onedge::backends::cpu
