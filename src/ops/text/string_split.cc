// StringSplit (ai.onnx 20): cuts strings at a delimiter, or at runs of white space if it is empty.
#include <algorithm>
#include <limits>

#include "ops/op.h"

namespace onedge::ops {

struct StringSplit final : Op {
  std::string delimiter;  // empty: white space
  size_t max_cuts = std::numeric_limits<size_t>::max();

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    const Dims* from = ctx.InputDims(0);
    std::optional<Dims> dims;
    if (from) {
      dims = *from;
      dims->push_back(Dim::Unknown());
    }
    ctx.SetOutput(0, DType::kString, std::move(dims));
    ctx.SetOutput(1, DType::kInt64, from ? std::optional(*from) : std::nullopt);
    return OkStatus();
  }

  std::vector<std::string_view> Cut(std::string_view text) const {
    constexpr std::string_view kSpace = " \t\n\r\f\v";
    std::vector<std::string_view> parts;
    if (!delimiter.empty()) {
      size_t start = 0;
      while (parts.size() < max_cuts) {
        const size_t end = text.find(delimiter, start);
        if (end == std::string_view::npos) break;
        parts.push_back(text.substr(start, end - start));
        start = end + delimiter.size();
      }
      parts.push_back(text.substr(start));
      return parts;
    }
    size_t start = text.find_first_not_of(kSpace);
    while (start != std::string_view::npos) {
      const size_t end = parts.size() < max_cuts ? text.find_first_of(kSpace, start) : std::string_view::npos;
      parts.push_back(text.substr(start, end - start));
      start = end == std::string_view::npos ? end : text.find_first_not_of(kSpace, end);
    }
    return parts;
  }

  // x: string [...] -> parts: string [..., most], padded with empty strings, counts: i64 [...]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Tensor& x = ctx.Input(0);
    if (x.dtype() != DType::kString) return InvalidArgument("input 0: expected strings, got ", x);
    std::vector<std::vector<std::string_view>> cut;
    size_t most = 0;
    for (const std::string& text : x.strings()) {
      cut.push_back(Cut(text));
      most = std::max(most, cut.back().size());
    }
    Shape shape = x.shape();
    shape.push_back(static_cast<int64_t>(most));
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const parts, ctx.Output(0, DType::kString, shape));
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const counts, ctx.Output(1, DType::kInt64, x.shape()));
    for (size_t i = 0; i < cut.size(); ++i) {
      counts->mutable_data<int64_t>()[i] = static_cast<int64_t>(cut[i].size());
      for (size_t k = 0; k < most; ++k) {
        parts->mutable_strings()[i * most + k] = k < cut[i].size() ? std::string(cut[i][k]) : std::string();
      }
    }
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<StringSplit>(AttributeReader& attrs) {
  auto op = std::make_unique<StringSplit>();
  op->delimiter = attrs.String("delimiter", "");
  if (attrs.Has("maxsplit")) {
    const int64_t most = attrs.Int("maxsplit", 0);
    if (most >= 0) op->max_cuts = static_cast<size_t>(most);
  }
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
