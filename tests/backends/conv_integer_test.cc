// ConvInteger and QLinearConv against the portable operators, bit for bit.
#include "backends/cpu/conv_s8.h"
#include "tests/backends/gemm_s8_kernels.h"
#include "tests/backends/kernel_tester.h"

namespace onedge::backends::cpu {
namespace {

Tensor Bytes(Random& random, const Shape& shape, bool is_unsigned) {
  return is_unsigned ? random.Integers<uint8_t>(shape, 0, 255) : random.Integers<int8_t>(shape, -128, 127);
}

struct Case {
  size_t batch, groups, channels, filters;
  std::vector<int64_t> in, kernel, strides, dilations, pads;

  // Sizes of every kind: depthwise, pointwise, one to three axes, strides beyond the kernel, no output at all.
  static Case Make(Random& random, int round) {
    Case c;
    const size_t axes = round % 10 == 9 ? 3 : round % 5 == 4 ? 1 : 2;
    const bool depthwise = round % 3 == 0;
    c.batch = random.Size(1, 2);
    c.groups = depthwise ? random.Size(1, 9) : random.Size(1, 3);
    c.channels = depthwise ? 1 : random.Size(1, 20);
    c.filters = depthwise ? random.Size(1, round % 2 ? 1 : 2) : random.Size(1, 21);
    for (size_t axis = 0; axis < axes; ++axis) {
      c.in.push_back(static_cast<int64_t>(random.Size(1, axes == 1 ? 200 : axes == 3 ? 7 : 24)));
      c.kernel.push_back(static_cast<int64_t>(random.Size(1, round % 4 == 1 ? 1 : 4)));
      c.strides.push_back(static_cast<int64_t>(random.Size(1, 3)));
      c.dilations.push_back(static_cast<int64_t>(random.Size(1, 2)));
    }
    for (size_t i = 0; i < 2 * axes; ++i) {
      const int64_t least = c.dilations[i % axes] * (c.kernel[i % axes] - 1) + 1 - c.in[i % axes];
      c.pads.push_back(std::max<int64_t>(least, static_cast<int64_t>(random.Size(0, round % 4 == 1 ? 0 : 3))));
    }
    return c;
  }
  std::string ToString() const {
    std::string text = StrCat(batch, " x ", groups, " groups of ", channels, " -> ", filters, ";");
    for (size_t i = 0; i < in.size(); ++i) {
      text += StrCat(" ", in[i], " (kernel ", kernel[i], ", stride ", strides[i], ", dilation ", dilations[i],
                     ", pads ", pads[i], " ", pads[i + in.size()], ")");
    }
    return text;
  }
  Shape X() const { return WithSpace(batch, groups * channels, in); }
  Shape W() const { return WithSpace(groups * filters, channels, kernel); }
  void SetAttributes(KernelTester& tester) const {
    tester.Attribute("group", static_cast<int64_t>(groups))
        .Attribute("strides", strides)
        .Attribute("dilations", dilations)
        .Attribute("pads", pads);
  }

 private:
  static Shape WithSpace(size_t a, size_t b, const std::vector<int64_t>& space) {
    Shape shape = Dimensions({a, b});
    for (int64_t size : space) shape.push_back(size);
    return shape;
  }
};

TEST(ConvInteger, EqualsThePortableOperator) {
  const uint32_t seed = 20250201;
  SCOPED_TRACE(seed);
  Random random(seed);
  const auto pool = ThreadPool::Create(2);
  for (int round = 0; round < 120; ++round) {
    const Case c = Case::Make(random, round);
    SCOPED_TRACE(StrCat("round ", round, ": ", c.ToString()));
    const bool x_unsigned = random.Size(0, 1) == 0, w_unsigned = random.Size(0, 1) == 0;
    KernelTester tester("", "ConvInteger", 10);
    c.SetAttributes(tester);
    tester.Input(Bytes(random, c.X(), x_unsigned));
    const bool constant = random.Size(0, 2) > 0;
    const auto add = [&](Tensor tensor) { constant ? tester.Constant(tensor) : tester.Input(tensor); };
    add(Bytes(random, c.W(), w_unsigned));
    if (round % 4 > 0) {
      tester.Input(Bytes(random, Shape{}, x_unsigned));
      if (round % 4 > 1) add(Bytes(random, round % 4 == 2 ? Shape{} : Dimensions({c.groups * c.filters}), w_unsigned));
    }
    tester.Threads(round % 2 ? pool.get() : nullptr);
    ExpectEqualIntegers(tester.RunOne(), tester.RunOnePortable());
    if (HasFailure()) return;
  }
}

// The kernels for every instruction set that this processor has, not only the best.
TEST(ConvInteger, EveryInstructionSetGivesTheSameSums) {
  const uint32_t seed = 20250203;
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < 60; ++round) {
    const Case c = Case::Make(random, round);
    SCOPED_TRACE(StrCat("round ", round, ": ", c.ToString()));
    KernelTester tester("", "ConvInteger", 10);
    c.SetAttributes(tester);
    const Tensor x = Bytes(random, c.X(), true), w = Bytes(random, c.W(), false), zero = Bytes(random, Shape{}, true);
    // With a zero point the filters exceed 8 bits.
    const Tensor w_zero = random.Integers<int8_t>(Shape{}, -128, round % 2 == 0 ? -128 : 127);
    tester.Input(x).Constant(w).Input(zero).Constant(w_zero);
    const Tensor expected = tester.RunOnePortable();
    ops::WindowAttributes window;
    window.strides = InlineVector<int64_t, 8>(c.strides.begin(), c.strides.end());
    window.dilations = InlineVector<int64_t, 8>(c.dilations.begin(), c.dilations.end());
    window.pads = InlineVector<int64_t, 8>(c.pads.begin(), c.pads.end());
    const auto plan = ops::PlanConv(window, static_cast<int64_t>(c.groups), x.shape(), w.shape());
    ASSERT_TRUE(plan.ok());
    const size_t all = c.groups * c.filters, k = static_cast<size_t>(w.element_count()) / all;
    const FilterSizes sizes = {c.groups, c.filters, k, c.filters == 1 && w.dim(1) == 1};
    for (const GemmS8Kernels* kernels : KernelsForTests()) {
      if (sizes.depthwise && kernels->depths != 2) continue;
      SCOPED_TRACE(std::string(kernels->name));
      const PackedFilters filters =
          PackedFilters::Pack(*kernels, DType::kInt8, w.bytes(), sizes, &w_zero, nullptr).value();
      const ConvS8 conv(*kernels, *plan, 1);
      Buffer workspace = Buffer::Allocate(conv.workspace_bytes(), nullptr).value();
      std::vector<int32_t> y(static_cast<size_t>(expected.element_count()));
      ConvS8::Output output;
      output.sums = y.data();
      conv.Run({x.bytes(), true, zero.data<uint8_t>()[0]}, filters.view(), output, workspace.data(), nullptr);
      for (size_t i = 0; i < y.size(); ++i) ASSERT_EQ(y[i], expected.data<int32_t>()[i]) << "element " << i;
    }
  }
}

TEST(QLinearConv, EqualsThePortableOperator) {
  const uint32_t seed = 20250202;
  SCOPED_TRACE(seed);
  Random random(seed);
  const auto pool = ThreadPool::Create(2);
  for (int round = 0; round < 120; ++round) {
    const Case c = Case::Make(random, round);
    SCOPED_TRACE(StrCat("round ", round, ": ", c.ToString()));
    const bool x_unsigned = random.Size(0, 1) == 0, w_unsigned = random.Size(0, 1) == 0;
    const Shape each = Dimensions({c.groups * c.filters});
    const bool by_filter = random.Size(0, 1) == 0;
    KernelTester tester("", "QLinearConv", 10);
    c.SetAttributes(tester);
    tester.Input(Bytes(random, c.X(), x_unsigned)).Constant(random.Floats(Shape{}, 0.01f, 0.1f));
    tester.Constant(Bytes(random, Shape{}, x_unsigned));
    const bool constant = random.Size(0, 2) > 0;
    const auto add = [&](Tensor tensor) { constant ? tester.Constant(tensor) : tester.Input(tensor); };
    add(Bytes(random, c.W(), w_unsigned));
    tester.Constant(random.Floats(by_filter ? each : Shape{}, 0.001f, 0.02f));
    add(Bytes(random, by_filter ? each : Shape{}, w_unsigned));
    tester.Constant(random.Floats(Shape{}, 0.2f, 0.8f)).Constant(Bytes(random, Shape{}, random.Size(0, 1) == 0));
    if (round % 2) tester.Constant(random.Integers<int32_t>(each, -100000, 100000));
    tester.Threads(round % 4 < 2 ? pool.get() : nullptr);
    ExpectEqualIntegers(tester.RunOne(), tester.RunOnePortable());
    if (HasFailure()) return;
  }
}

TEST(ConvInteger, BothOperandsMayShareAZeroPoint) {
  Random random(5);
  KernelTester tester("", "ConvInteger", 10);
  tester.Input(Bytes(random, Shape{1, 2, 5, 5}, true)).Constant(Bytes(random, Shape{3, 2, 3, 3}, true));
  tester.Constant(random.Integers<uint8_t>(Shape{}, 128, 128)).SameAs(2);
  ExpectEqualIntegers(tester.RunOne(), tester.RunOnePortable());
}

// A padded copy would take gigabytes.
TEST(ConvInteger, HugePaddingTakesNoMemory) {
  Random random(3);
  KernelTester tester("", "ConvInteger", 10);
  tester.Attribute("pads", std::vector<int64_t>{1 << 20, 0, 1 << 20, 0})
      .Attribute("strides", std::vector<int64_t>{1 << 19, 1})
      .Attribute("dilations", std::vector<int64_t>{1 << 20, 1});
  tester.Input(random.Integers<uint8_t>(Shape{1, 3, 5, 6}, 0, 255)).Constant(Bytes(random, Shape{4, 3, 2, 2}, false));
  tester.Input(random.Integers<uint8_t>(Shape{}, 77, 77));
  ExpectEqualIntegers(tester.RunOne(), tester.RunOnePortable());
}

TEST(ConvInteger, RefusesZeroPointsOfAnotherShape) {
  Random random(4);
  KernelTester tester("", "ConvInteger", 10);
  tester.Input(Bytes(random, Shape{1, 2, 4, 4}, true)).Constant(Bytes(random, Shape{3, 2, 1, 1}, true));
  tester.Input(Bytes(random, Shape{2}, true));
  EXPECT_EQ(tester.Run().status().ToString(), tester.RunPortable().status().ToString());
  EXPECT_FALSE(tester.Run().ok());
}

}  // namespace
}  // namespace onedge::backends::cpu
