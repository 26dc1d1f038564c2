// LSTM, GRU and RNN with packed weights against the portable operators.
#include "tensor/half.h"
#include "tests/backends/kernel_tester.h"

namespace onedge::backends::cpu {
namespace {

using Names = std::vector<std::string>;

struct Case {
  const char* op;
  int64_t gates;
  size_t outputs;
  Names default_activations, other_activations;  // of one direction
};
const Case kCases[] = {
    {"LSTM", 4, 3, {}, {"HardSigmoid", "Softsign", "Relu"}},
    {"GRU", 3, 2, {}, {"Tanh", "Sigmoid"}},
    {"RNN", 1, 2, {}, {"Relu"}},
};

Tensor Half(const Tensor& from) {
  Tensor half = Tensor::Allocate(DType::kFloat16, from.shape()).value();
  for (int64_t i = 0; i < from.element_count(); ++i) half.mutable_data<Float16>()[i] = ToFloat16(from.data<float>()[i]);
  return half;
}

// Everything about one node that a test may choose.
struct Options {
  int64_t steps, batch, input, hidden;
  std::string direction = "forward";
  bool batch_first = false, bias = true, lengths = false, states = false, peepholes = false, couples = false;
  bool linear_before_reset = false, other_activations = false, half = false;
  float clip = 0;
};

void Describe(KernelTester& tester, const Case& of, const Options& o, Random& random) {
  const int64_t directions = o.direction == "bidirectional" ? 2 : 1;
  tester.Attribute("hidden_size", o.hidden)
      .Attribute("direction", o.direction)
      .Attribute("layout", int64_t{o.batch_first});
  if (o.clip > 0) tester.Attribute("clip", o.clip);
  if (o.other_activations) {
    Names names;
    for (int64_t d = 0; d < directions; ++d) {
      names.insert(names.end(), of.other_activations.begin(), of.other_activations.end());
    }
    tester.Attribute("activations", names);
  }
  if (of.gates == 4) tester.Attribute("input_forget", int64_t{o.couples});
  if (of.gates == 3) tester.Attribute("linear_before_reset", int64_t{o.linear_before_reset});
  const auto floats = [&](const Shape& shape) {
    const Tensor tensor = random.Floats(shape, -0.7f, 0.7f);
    return o.half ? Half(tensor) : tensor;
  };
  const int64_t columns = of.gates * o.hidden;
  tester.Input(floats(o.batch_first ? Shape{o.batch, o.steps, o.input} : Shape{o.steps, o.batch, o.input}));
  tester.Constant(floats(Shape{directions, columns, o.input})).Constant(floats(Shape{directions, columns, o.hidden}));
  o.bias ? tester.Constant(floats(Shape{directions, 2 * columns})) : tester.NoInput();
  o.lengths ? tester.Input(random.Integers<int32_t>(Shape{o.batch}, 0, static_cast<int>(o.steps))) : tester.NoInput();
  const Shape state = o.batch_first ? Shape{o.batch, directions, o.hidden} : Shape{directions, o.batch, o.hidden};
  o.states ? tester.Input(floats(state)) : tester.NoInput();
  if (of.gates == 4) {
    o.states ? tester.Input(floats(state)) : tester.NoInput();
    o.peepholes ? tester.Input(floats(Shape{directions, 3 * o.hidden})) : tester.NoInput();
  }
  tester.Outputs(of.outputs);
}

void ExpectAgrees(KernelTester& tester, ThreadPool* threads, double tolerance) {
  const auto portable = tester.RunPortable();
  ASSERT_TRUE(portable.ok()) << portable.status().ToString();
  const auto got = tester.Run();
  ASSERT_TRUE(got.ok()) << got.status().ToString();
  const auto exact = tester.Exact(true).Run();
  ASSERT_TRUE(exact.ok()) << exact.status().ToString();
  const auto threaded = tester.Exact(false).Threads(threads).Run();
  ASSERT_TRUE(threaded.ok()) << threaded.status().ToString();
  for (size_t output = 0; output < portable->size(); ++output) {
    SCOPED_TRACE(StrCat("output ", output));
    const Tensor& expected = (*portable)[output].tensor();
    ASSERT_EQ((*got)[output].tensor().ToString(), expected.ToString());
    const auto value = [&](const Tensor& tensor, int64_t i) {
      return tensor.dtype() == DType::kFloat16 ? ToFloat(tensor.data<Float16>()[i]) : tensor.data<float>()[i];
    };
    for (int64_t i = 0; i < expected.element_count(); ++i) {
      ASSERT_NEAR(value((*got)[output].tensor(), i), value(expected, i), tolerance) << "element " << i;
      ASSERT_NEAR(value((*exact)[output].tensor(), i), value(expected, i), tolerance) << "element " << i;
      ASSERT_EQ(value((*threaded)[output].tensor(), i), value((*got)[output].tensor(), i)) << "element " << i;
    }
  }
}

TEST(Recurrent, AgreesWithThePortableOperatorForAnyAttributes) {
  const uint32_t seed = 20261130;
  SCOPED_TRACE(seed);
  Random random(seed);
  const auto pool = ThreadPool::Create(3);
  const char* const directions[] = {"forward", "reverse", "bidirectional"};
  const auto coin = [&] { return random.Size(0, 1) == 1; };
  for (int round = 0; round < 150; ++round) {
    const Case& of = kCases[round % 3];
    Options o{static_cast<int64_t>(random.Size(0, 7)), static_cast<int64_t>(random.Size(1, 9)),
              static_cast<int64_t>(random.Size(1, 40)), static_cast<int64_t>(random.Size(1, 40))};
    o.direction = directions[random.Size(0, 2)];
    o.batch_first = coin();
    o.bias = coin();
    o.lengths = coin();
    o.states = coin();
    o.peepholes = coin();
    o.couples = coin();
    o.linear_before_reset = coin();
    o.other_activations = random.Size(0, 3) == 0;
    o.clip = random.Size(0, 3) == 0 ? 0.5f : 0.0f;
    o.half = random.Size(0, 4) == 0;
    SCOPED_TRACE(StrCat("round ", round, ": ", of.op, " ", o.direction, " steps ", o.steps, " batch ", o.batch,
                        " input ", o.input, " hidden ", o.hidden));
    KernelTester tester("", of.op, 14);
    Describe(tester, of, o, random);
    ExpectAgrees(tester, pool.get(), o.half ? 2e-3 : 2e-5);
  }
}

TEST(Recurrent, LargeStepsUseThreads) {
  Random random(3);
  const auto pool = ThreadPool::Create(3);
  for (const Case& of : kCases) {
    SCOPED_TRACE(of.op);
    Options o{3, 5, 30, 400};
    KernelTester tester("", of.op, 14);
    Describe(tester, of, o, random);
    ExpectAgrees(tester, pool.get(), 1e-4);
  }
}

TEST(Recurrent, ClaimsItsWeights) {
  Random random(4);
  KernelTester tester("", kCases[0].op, 14);
  Describe(tester, kCases[0], Options{2, 1, 8, 8}, random);
  const auto kernel = tester.Lower();
  ASSERT_TRUE(kernel.ok() && *kernel);
  EXPECT_GE((*kernel)->resident_bytes(), (8 * 32 + 8 * 32 + 32) * sizeof(float));
}

TEST(Recurrent, DeclinesWeightsThatAreNotConstant) {
  Random random(5);
  KernelTester tester("", "RNN", 14);
  tester.Attribute("hidden_size", int64_t{4});
  tester.Input(random.Floats(Shape{2, 1, 3}))
      .Input(random.Floats(Shape{1, 4, 3}))
      .Constant(random.Floats(Shape{1, 4, 4}));
  const auto kernel = tester.Lower();
  ASSERT_TRUE(kernel.ok());
  EXPECT_FALSE(*kernel);
}

TEST(Recurrent, RefusesAnInputOfAnotherWidth) {
  Random random(6);
  KernelTester tester("", "RNN", 14);
  tester.Attribute("hidden_size", int64_t{4});
  tester.Input(random.Floats(Shape{2, 1, 5}))
      .Constant(random.Floats(Shape{1, 4, 3}))
      .Constant(random.Floats(Shape{1, 4, 4}));
  EXPECT_EQ(tester.Run().status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace onedge::backends::cpu
