// NonZero (ai.onnx 9): the coordinates of the elements that are not zero, in row-major order.
#include "ops/movement/elements.h"

namespace onedge::ops {

struct NonZero final : Op {
  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    const Dims* dims = ctx.InputDims(0);
    const Dim rank = dims ? Dim::Known(static_cast<int64_t>(dims->size())) : Dim::Unknown();
    ctx.SetOutput(0, DType::kInt64, Dims{rank, Dim::Unknown()});
    return OkStatus();
  }

  // A mask of the bits that decide whether a cell is zero: all bits except the sign of a float.
  static uint64_t ValueBits(DType dtype) {
    switch (dtype) {
      case DType::kFloat32:
        return 0x7fffffff;
      case DType::kFloat64:
        return ~uint64_t{0} >> 1;
      case DType::kFloat16:
      case DType::kBfloat16:
        return 0x7fff;
      case DType::kFloat8E4M3Fn:
      case DType::kFloat8E5M2:
        return 0x7f;
      case DType::kFloat4E2M1:
        return 0x7;
      case DType::kComplex64:
        return 0x7fffffff7fffffff;
      default:
        return ~uint64_t{0};
    }
  }

  // Calls body(i) for each element that is not zero.
  template <typename Body>
  static void ForEach(const InputCells& cells, DType dtype, int64_t count, const Body& body) {
    const uint64_t bits = ValueBits(dtype);
    DispatchCell(cells.type(), [&]<typename T>(std::type_identity<T>) {
      const T* data = cells.data<T>();
      for (int64_t i = 0; i < count; ++i) {
        if constexpr (std::is_same_v<T, std::string>) {
          if (!data[i].empty()) body(i);
        } else if constexpr (std::is_same_v<T, Cell16>) {
          if ((data[i].parts[0] | data[i].parts[1]) << 1 != 0) body(i);
        } else {
          if ((data[i] & bits) != 0) body(i);
        }
      }
    });
  }

  // x: any [d...] -> i64 [rank, count]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Tensor& x = ctx.Input(0);
    ONEDGE_ASSIGN_OR_RETURN(const InputCells cells, InputCells::Of(x, ctx.budget()));
    int64_t found = 0;
    ForEach(cells, x.dtype(), x.element_count(), [&found](int64_t) { ++found; });
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, DType::kInt64, {static_cast<int64_t>(x.rank()), found}));
    int64_t* const to = y->mutable_data<int64_t>();
    const auto strides = x.shape().Strides();
    int64_t column = 0;
    ForEach(cells, x.dtype(), x.element_count(), [&](int64_t i) {
      for (size_t axis = 0; axis < x.rank(); ++axis) {
        to[static_cast<int64_t>(axis) * found + column] = i / strides[axis];
        i %= strides[axis];
      }
      ++column;
    });
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<NonZero>(AttributeReader&) {
  return OpPtr(std::make_unique<NonZero>());
}

}  // namespace onedge::ops
