// LabelEncoder (ai.onnx.ml 2, 4): replaces each element by the value of the equal key, or by a default.
#include <map>

#include "ops/movement/cell_ops.h"

namespace onedge::ops {

struct LabelEncoder final : Op {
  Tensor keys, values, fallback;  // [n], [n], one element
  std::map<std::string, int64_t> string_places;
  std::map<uint64_t, int64_t> number_places;  // by OrderKey
  OrderKey order_key = nullptr;

  Status Index() {
    if (keys.element_count() != values.element_count()) {
      return CorruptFile(keys.element_count(), " keys, but ", values.element_count(), " values");
    }
    if (keys.dtype() == DType::kString) {
      for (int64_t i = 0; i < keys.element_count(); ++i)
        string_places.try_emplace(keys.strings()[static_cast<size_t>(i)], i);
      return OkStatus();
    }
    ONEDGE_ASSIGN_OR_RETURN(order_key, OrderKeyOf(keys.dtype()));
    const size_t width = CellBytes(CellTypeOf(keys.dtype()));
    for (int64_t i = 0; i < keys.element_count(); ++i) {
      number_places.try_emplace(order_key(keys.bytes() + static_cast<size_t>(i) * width), i);
    }
    return OkStatus();
  }

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    const Dims* dims = ctx.InputDims(0);
    ctx.SetOutput(0, values.dtype(), dims ? std::optional(*dims) : std::nullopt);
    return OkStatus();
  }

  // x: of the keys' dtype [...] -> of the values' dtype [...]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Tensor& x = ctx.Input(0);
    if (x.dtype() != keys.dtype()) return InvalidArgument("input 0: expected ", DTypeName(keys.dtype()), ", got ", x);
    ONEDGE_ASSIGN_OR_RETURN(const InputCells value_cells, InputCells::Of(values, ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(const InputCells fallback_cell, InputCells::Of(fallback, ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(const InputCells from, InputCells::Of(x, ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Of(ctx, 0, values.dtype(), x.shape()));
    for (int64_t i = 0; i < x.element_count(); ++i) {
      const uint8_t* cell = fallback_cell.at(0);
      if (order_key) {
        const auto found = number_places.find(order_key(from.at(i)));
        if (found != number_places.end()) cell = value_cells.at(found->second);
      } else {
        const auto found = string_places.find(from.data<std::string>()[i]);
        if (found != string_places.end()) cell = value_cells.at(found->second);
      }
      CopyCells(to.type(), cell, to.at(i), 1);
    }
    to.Finish();
    return OkStatus();
  }
};

namespace {

// The list "<prefix>_floats", "<prefix>_int64s", "<prefix>_strings" or "<prefix>_tensor", whichever is present.
Result<Tensor> ReadList(AttributeReader& attrs, const std::string& prefix) {
  const std::string floats = prefix + "_floats";
  if (attrs.Has(floats.c_str())) {
    const auto list = attrs.Floats(floats.c_str());
    return Tensor::FromValues<float>({static_cast<int64_t>(list.size())}, list);
  }
  const std::string int64s = prefix + "_int64s";
  if (attrs.Has(int64s.c_str())) {
    const auto list = attrs.Ints(int64s.c_str());
    return Tensor::FromValues<int64_t>({static_cast<int64_t>(list.size())}, list);
  }
  const std::string strings = prefix + "_strings";
  if (attrs.Has(strings.c_str())) {
    auto list = attrs.Strings(strings.c_str());
    const auto size = static_cast<int64_t>(list.size());
    return Tensor::FromStrings({size}, std::move(list));
  }
  Tensor list = attrs.TensorValue((prefix + "_tensor").c_str());
  if (!list.defined()) return CorruptFile("attribute '", prefix, "_...' is required, but missing");
  return list;
}

// The default for values of `dtype`. Every default attribute counts as read.
Result<Tensor> ReadDefault(AttributeReader& attrs, DType dtype) {
  const float number = attrs.Float("default_float", -0.0f);
  const int64_t integer = attrs.Int("default_int64", -1);
  const std::string text = attrs.String("default_string", "_Unused");
  Tensor given = attrs.TensorValue("default_tensor");
  if (given.defined()) {
    if (given.dtype() != dtype || given.element_count() != 1) {
      return CorruptFile("attribute 'default_tensor': expected one ", DTypeName(dtype), ", got ", given);
    }
    return given;
  }
  if (dtype == DType::kString) return Tensor::FromStrings({}, {text});
  if (dtype == DType::kInt64) return Tensor::FromValues<int64_t>({}, {&integer, 1});
  return MakeNumber(dtype, IsFloatingPoint(dtype) ? number : -1.0f);
}

}  // namespace

template <>
Result<OpPtr> Parse<LabelEncoder>(AttributeReader& attrs) {
  auto op = std::make_unique<LabelEncoder>();
  ONEDGE_ASSIGN_OR_RETURN(op->keys, ReadList(attrs, "keys"));
  ONEDGE_ASSIGN_OR_RETURN(op->values, ReadList(attrs, "values"));
  ONEDGE_ASSIGN_OR_RETURN(op->fallback, ReadDefault(attrs, op->values.dtype()));
  ONEDGE_RETURN_IF_ERROR(op->Index());
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
