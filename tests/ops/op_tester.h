// OpTester: runs one operator as in a model: a Node with attributes, resolved through the registry. Its shapes are
// inferred with complete, partial and no knowledge, and it runs with and without threads. All checks except those of
// the values are made here.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "ops/eager.h"
#include "ops/registry.h"
#include "tensor/half.h"

namespace onedge::ops {

// A tensor from a list: MakeTensor<float>({2, 2}, {1, 2, 3, 4}). T is the element type; float16 and others use their
// structs.
template <typename T>
Tensor MakeTensor(const Shape& shape, const std::vector<std::type_identity_t<T>>& values) {
  const auto count = static_cast<size_t>(shape.element_count());
  EXPECT_EQ(count, values.size()) << "shape " << shape.ToString() << " of a test's tensor";
  Tensor tensor = Tensor::Allocate(kDTypeOf<T>, shape).value();
  for (size_t i = 0; i < std::min(count, values.size()); ++i) tensor.mutable_data<T>()[i] = values[i];
  return tensor;
}
template <typename T>
Tensor MakeScalar(T value) {
  return MakeTensor<T>({}, {value});
}
inline Tensor MakeStrings(const Shape& shape, std::vector<std::string> values) {
  return Tensor::FromStrings(shape, std::move(values)).value();
}
inline Tensor MakeFloat16(const Shape& shape, const std::vector<float>& values) {
  std::vector<Float16> halves;
  for (float value : values) halves.push_back(ToFloat16(value));
  return MakeTensor<Float16>(shape, halves);
}
inline Tensor MakeBfloat16(const Shape& shape, const std::vector<float>& values) {
  std::vector<Bfloat16> halves;
  for (float value : values) halves.push_back(ToBfloat16(value));
  return MakeTensor<Bfloat16>(shape, halves);
}
// Packed and 8-bit float types, by their bytes.
inline Tensor MakeRaw(DType dtype, const Shape& shape, const std::vector<uint8_t>& bytes) {
  return Tensor::FromBytes(dtype, shape, bytes).value();
}

// `value` is a tensor of this type and shape with exactly these elements. NaN equals NaN; -0 equals 0.
template <typename T>
void ExpectTensor(const Value& value, const Shape& shape, const std::vector<std::type_identity_t<T>>& expected) {
  ASSERT_TRUE(value.is_tensor()) << value.ToString();
  ASSERT_EQ(value.tensor().dtype(), kDTypeOf<T>) << value.ToString();
  ASSERT_EQ(value.tensor().shape().ToString(), shape.ToString());
  ASSERT_EQ(value.tensor().element_count(), static_cast<int64_t>(expected.size()));
  for (size_t i = 0; i < expected.size(); ++i) {
    const T got = value.tensor().data<T>()[i];
    const T want = expected[i];
    if constexpr (requires { got.bits; }) {
      EXPECT_EQ(got.bits, want.bits) << "element " << i;
    } else {
      if (got != got && want != want) continue;
      EXPECT_EQ(got, want) << "element " << i;
    }
  }
}
inline void ExpectStrings(const Value& value, const Shape& shape, const std::vector<std::string>& expected) {
  ASSERT_TRUE(value.is_tensor()) << value.ToString();
  ASSERT_EQ(value.tensor().dtype(), DType::kString);
  ASSERT_EQ(value.tensor().shape().ToString(), shape.ToString());
  const auto strings = value.tensor().strings();
  EXPECT_EQ(std::vector<std::string>(strings.begin(), strings.end()), expected);
}
// Floats (float16, bfloat16, float32, float64): |got - expected| <= tolerance * max(1, |expected|). NaN equals NaN.
inline void ExpectNear(const Value& value, const Shape& shape, const std::vector<double>& expected, double tolerance) {
  ASSERT_TRUE(value.is_tensor()) << value.ToString();
  const Tensor& tensor = value.tensor();
  ASSERT_EQ(tensor.shape().ToString(), shape.ToString());
  ASSERT_EQ(tensor.element_count(), static_cast<int64_t>(expected.size()));
  for (size_t i = 0; i < expected.size(); ++i) {
    double got = 0;
    switch (tensor.dtype()) {
      case DType::kFloat32:
        got = tensor.data<float>()[i];
        break;
      case DType::kFloat64:
        got = tensor.data<double>()[i];
        break;
      case DType::kFloat16:
        got = ToFloat(tensor.data<Float16>()[i]);
        break;
      case DType::kBfloat16:
        got = ToFloat(tensor.data<Bfloat16>()[i]);
        break;
      default:
        FAIL() << "not a float tensor: " << tensor.ToString();
    }
    if (std::isnan(expected[i]) || std::isinf(expected[i])) {
      EXPECT_TRUE(got == expected[i] || (std::isnan(got) && std::isnan(expected[i])))
          << "element " << i << ": " << got << " instead of " << expected[i];
    } else {
      EXPECT_NEAR(got, expected[i], tolerance * std::max(1.0, std::abs(expected[i]))) << "element " << i;
    }
  }
}

class OpTester {
 public:
  explicit OpTester(std::string op_type, int64_t opset = 22, std::string domain = "") {
    node_.op_type = std::move(op_type);
    node_.name = "tested";
    node_.opset = opset;
    node_.domain = std::move(domain);
  }

  OpTester& Attr(std::string name, int64_t value) { return Add(std::move(name), value); }
  OpTester& Attr(std::string name, int value) { return Add(std::move(name), int64_t{value}); }
  OpTester& Attr(std::string name, double value) { return Add(std::move(name), static_cast<float>(value)); }
  OpTester& Attr(std::string name, const char* value) { return Add(std::move(name), std::string(value)); }
  OpTester& Attr(std::string name, DType dtype) { return Add(std::move(name), static_cast<int64_t>(dtype)); }
  OpTester& Attr(std::string name, Tensor value) { return Add(std::move(name), std::move(value)); }
  OpTester& Attr(std::string name, graph::TypeInfo value) { return Add(std::move(name), std::move(value)); }
  OpTester& Ints(std::string name, std::vector<int64_t> value) { return Add(std::move(name), std::move(value)); }
  OpTester& Floats(std::string name, std::vector<float> value) { return Add(std::move(name), std::move(value)); }
  OpTester& Strings(std::string name, std::vector<std::string> value) { return Add(std::move(name), std::move(value)); }

  OpTester& In(Value value) {
    node_.inputs.push_back(static_cast<graph::ValueId>(inputs_.size()));
    inputs_.push_back(std::move(value));
    return *this;
  }
  template <typename T>
  OpTester& In(const Shape& shape, const std::vector<std::type_identity_t<T>>& values) {
    return In(MakeTensor<T>(shape, values));
  }
  // Omits an optional input.
  OpTester& Omit() {
    node_.inputs.push_back(graph::kNoValue);
    inputs_.emplace_back();
    return *this;
  }
  OpTester& Outputs(size_t count) {
    output_count_ = count;
    return *this;
  }
  // The output shape depends on values that are not a shape (NonZero, Unique, ...), so inference need not know it even
  // for constants.
  OpTester& DataDependent() {
    data_dependent_ = true;
    return *this;
  }

  // Resolves, infers and runs. Failures of the operator are returned; wrong results of inference fail the test.
  Result<std::vector<Value>> TryRun() {
    node_.outputs.clear();
    for (size_t i = 0; i < output_count_; ++i) node_.outputs.push_back(static_cast<graph::ValueId>(inputs_.size() + i));
    ONEDGE_RETURN_IF_ERROR(ResolveOp(node_));
    const Op& op = *node_.op;
    ONEDGE_ASSIGN_OR_RETURN(const auto complete, Infer(op, Knowledge::kValues));
    ONEDGE_ASSIGN_OR_RETURN(std::vector<Value> outputs, RunEagerly(op, inputs_, output_count_));
    ExpectAgreement(complete, outputs, !data_dependent_, "with constant inputs");
    for (const auto& [knowledge, what] :
         {std::pair(Knowledge::kShapes, "with input shapes"), std::pair(Knowledge::kRanks, "with input ranks"),
          std::pair(Knowledge::kTypes, "with input dtypes")}) {
      const auto partial = Infer(op, knowledge);
      EXPECT_TRUE(partial.ok()) << what << ": " << partial.status().ToString();
      if (partial.ok()) ExpectAgreement(*partial, outputs, false, what);
    }
    if (op.deterministic()) {
      static ThreadPool* const pool = ThreadPool::Create(3).release();  // one for all tests: threads start slowly
      EagerOptions options;
      options.threads = pool;
      const auto again = RunEagerly(op, inputs_, output_count_, options);
      EXPECT_TRUE(again.ok()) << "with threads: " << again.status().ToString();
      for (size_t i = 0; again.ok() && i < outputs.size(); ++i) ExpectSameBits(outputs[i], (*again)[i]);
    }
    return outputs;
  }
  // The outputs. A failure fails the test and returns none()s.
  std::vector<Value> Run() {
    auto outputs = TryRun();
    EXPECT_TRUE(outputs.ok()) << outputs.status().ToString();
    return outputs.ok() ? *outputs : std::vector<Value>(output_count_);
  }
  // Output 0.
  Value RunOne() { return Run()[0]; }
  // The failure, for tests of errors: "node 'tested' (Op): message". Empty on success.
  std::string Error() {
    const auto outputs = TryRun();
    return outputs.ok() ? "" : outputs.status().ToString();
  }

 private:
  enum class Knowledge { kValues, kShapes, kRanks, kTypes };

  OpTester& Add(std::string name, graph::AttributeValue value) {
    node_.attributes.push_back({std::move(name), std::move(value)});
    return *this;
  }

  static TypeInfo TypeOf(const Value& value, Knowledge knowledge) {
    if (value.is_sequence()) {
      const auto& elements = value.sequence().elements;
      TypeInfo element = elements.empty() ? TypeInfo() : TypeOf(elements[0], Knowledge::kTypes);
      return TypeInfo::Sequence(std::move(element));
    }
    if (!value.is_tensor()) return TypeInfo();
    if (knowledge == Knowledge::kTypes) return TypeInfo::Tensor(value.tensor().dtype());
    if (knowledge == Knowledge::kRanks) {
      return TypeInfo::Tensor(value.tensor().dtype(), Dims(value.tensor().rank(), Dim::Unknown()));
    }
    return TypeInfo::Tensor(value.tensor().dtype(), value.tensor().shape());
  }

  Result<std::vector<ShapeContext::Output>> Infer(const Op& op, Knowledge knowledge) const {
    std::vector<TypeInfo> types;
    for (const Value& value : inputs_) types.push_back(TypeOf(value, knowledge));
    std::vector<ShapeContext::Input> inputs(inputs_.size());
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (inputs_[i].is_none()) continue;
      inputs[i].type = &types[i];
      if (knowledge == Knowledge::kValues && inputs_[i].is_tensor()) inputs[i].constant = &inputs_[i].tensor();
    }
    std::vector<ShapeContext::Output> outputs(output_count_);
    ShapeContext ctx(inputs, outputs);
    ONEDGE_RETURN_IF_ERROR(op.InferShapes(ctx));
    return outputs;
  }

  static void ExpectAgreement(const std::vector<ShapeContext::Output>& inferred, const std::vector<Value>& produced,
                              bool completely, const char* what) {
    for (size_t i = 0; i < produced.size(); ++i) {
      if (produced[i].is_sequence()) {
        EXPECT_EQ(inferred[i].type.kind, TypeInfo::Kind::kSequence) << "output " << i << ", " << what;
      }
      if (!produced[i].is_tensor()) continue;
      const Tensor& tensor = produced[i].tensor();
      const TypeInfo& type = inferred[i].type;
      if (completely) {
        EXPECT_TRUE(type.is_tensor()) << "output " << i << ": nothing was inferred " << what;
      }
      if (!type.is_tensor()) continue;
      if (completely || type.dtype != DType::kUndefined) {
        EXPECT_EQ(DTypeName(type.dtype), DTypeName(tensor.dtype())) << "inferred dtype of output " << i << ", " << what;
      }
      EXPECT_TRUE(!completely || type.dims) << "output " << i << ": no shape was inferred " << what;
      if (!type.dims) continue;
      EXPECT_EQ(type.dims->size(), tensor.rank()) << "inferred rank of output " << i << ", " << what;
      for (size_t axis = 0; axis < std::min(type.dims->size(), tensor.rank()); ++axis) {
        const Dim dim = (*type.dims)[axis];
        if (completely || dim.known()) {
          EXPECT_EQ(dim.value, tensor.dim(axis)) << "inferred dimension " << axis << " of output " << i << ", " << what;
        }
      }
      if (inferred[i].shape_value) ExpectShapeValue(*inferred[i].shape_value, tensor, what);
    }
  }

  static void ExpectShapeValue(const Dims& elements, const Tensor& tensor, const char* what) {
    const auto ints = tensor.ToInt64s("output");
    ASSERT_TRUE(ints.ok()) << "a shape value was inferred for " << tensor.ToString();
    ASSERT_EQ(elements.size(), ints->size()) << "inferred shape value, " << what;
    for (size_t i = 0; i < ints->size(); ++i) {
      if (elements[i].known()) EXPECT_EQ(elements[i].value, (*ints)[i]) << "inferred shape value " << i << ", " << what;
    }
  }

  static void ExpectSameBits(const Value& a, const Value& b) {
    if (!a.is_tensor() || !b.is_tensor() || a.tensor().dtype() == DType::kString) return;
    ASSERT_EQ(a.tensor().ToString(), b.tensor().ToString());
    if (a.tensor().byte_size() == 0) return;
    EXPECT_EQ(std::memcmp(a.tensor().bytes(), b.tensor().bytes(), a.tensor().byte_size()), 0)
        << "threads change the result";
  }

  graph::Node node_;
  std::vector<Value> inputs_;
  size_t output_count_ = 1;
  bool data_dependent_ = false;
};

}  // namespace onedge::ops
