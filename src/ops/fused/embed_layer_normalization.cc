// EmbedLayerNormalization (com.microsoft 1): the normalized sum of word, position and segment embeddings, and the
// lengths given by the mask. onedge.EmbedLayerNormalization 1, made by the optimizer, also takes ids of any integer
// type, negative ids that count from the end (like Gather), and the order of the sum.
#include "ops/nn/normalize_row.h"
#include "ops/nn/parallel.h"
#include "ops/nn/real_tensors.h"

namespace onedge::ops {

struct EmbedLayerNormalization final : Op {
  float epsilon = 1e-12f;
  bool wraps = false;          // negative ids count from the end
  bool segment_first = false;  // (word + segment) + position instead of (word + position) + segment

  // 0 input_ids, 1 segment_ids, 2 word, 3 position, 4 segment embedding, 5 gamma, 6 beta, 7 mask, 8 position_ids
  Status InferShapes(ShapeContext& ctx) const override {
    for (size_t i : {0, 2, 3, 5, 6}) ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(i));
    const Dims* ids = ctx.InputDims(0);
    const Dims* words = ctx.InputDims(2);
    if (ids && ids->size() != 2)
      return InvalidArgument("input 0: expected [batch, sequence], got ", ids->size(), " dimensions");
    for (size_t i = 2; i < 5; ++i) {
      const Dims* table = ctx.InputDims(i);
      if (!table) continue;
      if (table->size() != 2)
        return InvalidArgument("input ", i, ": expected [entries, hidden], got ", table->size(), " dimensions");
      if (words && words->size() == 2 && (*words)[1].known() && (*table)[1].known() &&
          (*words)[1].value != (*table)[1].value) {
        return InvalidArgument("input ", i, ": expected rows of ", (*words)[1].value, ", got ", (*table)[1].value);
      }
    }
    for (size_t i : {5, 6}) {
      const Dims* vector = ctx.InputDims(i);
      if (vector && vector->size() != 1)
        return InvalidArgument("input ", i, ": expected [hidden], got ", vector->size(), " dimensions");
      if (vector && words && (*words)[1].known() && (*vector)[0].known() && (*words)[1].value != (*vector)[0].value)
        return InvalidArgument("input ", i, ": expected [", (*words)[1].value, "], got [", (*vector)[0].value, "]");
    }
    for (size_t i = 3; i < 7; ++i) {
      const DType dtype = ctx.InputDType(i);
      if (dtype != DType::kUndefined && ctx.InputDType(2) != DType::kUndefined && dtype != ctx.InputDType(2)) {
        return InvalidArgument("input ", i, ": expected ", DTypeName(ctx.InputDType(2)), " like input 2, got ",
                               DTypeName(dtype));
      }
    }
    std::optional<Dims> out;
    if (ids) out = Dims{(*ids)[0], (*ids)[1], words ? (*words)[1] : Dim::Unknown()};
    ctx.SetOutput(0, ctx.InputDType(2), out);
    ctx.SetOutput(1, DType::kInt32, ids ? std::optional(Dims{(*ids)[0]}) : std::nullopt);
    ctx.SetOutput(2, ctx.InputDType(2), std::move(out));
    return OkStatus();
  }

  // input_ids, segment_ids, mask: int32 [B, S], position_ids: int32 [B or 1, S], tables: [entries, H], gamma, beta: [H]
  // -> y: [B, S, H], mask_index: int32 [B] (the number of ones in a mask row), sum: [B, S, H]
  Status Run(OpContext& ctx) const override {
    for (size_t i : {0, 2, 3, 5, 6}) {
      if (!ctx.HasInput(i)) return InvalidArgument("input ", i, " is required, but missing");
    }
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Shape& ids = ctx.Input(0).shape();
    const Shape& words = ctx.Input(2).shape();
    if (ids.rank() != 2 || words.rank() != 2) {
      return InvalidArgument("expected input_ids [batch, sequence] and embeddings [entries, hidden], got ", ids,
                             " and ", words);
    }
    const int64_t hidden = words[1];
    const bool segments = ctx.HasInput(1) && ctx.HasInput(4);
    for (size_t i : {3, 4, 5, 6}) {
      if (i == 4 && !segments) continue;
      const Shape& shape = ctx.Input(i).shape();
      if (shape.empty() || shape.back() != hidden || shape.rank() != (i < 5 ? 2u : 1u)) {
        return InvalidArgument("input ", i, ": expected rows of ", hidden, ", got shape ", shape);
      }
    }
    const size_t rows = static_cast<size_t>(ids.element_count());
    ONEDGE_ASSIGN_OR_RETURN(const auto word_rows, Indices(ctx, 0, ids, words[0]));
    std::vector<size_t> segment_rows;
    if (segments) {
      ONEDGE_ASSIGN_OR_RETURN(segment_rows, Indices(ctx, 1, ids, ctx.Input(4).dim(0)));
    }
    std::vector<size_t> position_rows;
    if (ctx.HasInput(8)) {
      const Shape expected = {ctx.Input(8).rank() == 2 ? ctx.Input(8).dim(0) : ids[0], ids[1]};
      if (expected[0] != 1 && expected[0] != ids[0])
        return InvalidArgument("input 8: expected ", ids, ", got ", ctx.Input(8).shape());
      ONEDGE_ASSIGN_OR_RETURN(position_rows, Indices(ctx, 8, expected, ctx.Input(3).dim(0)));
    } else {
      if (ids[1] > ctx.Input(3).dim(0)) {
        return InvalidArgument("input 0: expected at most ", ctx.Input(3).dim(0), " positions, got ", ids[1]);
      }
      for (int64_t i = 0; i < ids[1]; ++i) position_rows.push_back(static_cast<size_t>(i));
    }
    ONEDGE_RETURN_IF_ERROR(WriteMaskIndex(ctx, ids));
    const DType dtype = ctx.Input(2).dtype();
    return WithRealType(dtype, [&]<typename T>(T) -> Status {
      ONEDGE_ASSIGN_OR_RETURN(const Tensor word, RealInput<T>(ctx, 2, dtype));
      ONEDGE_ASSIGN_OR_RETURN(const Tensor position, RealInput<T>(ctx, 3, dtype));
      Tensor segment;
      if (segments) {
        ONEDGE_ASSIGN_OR_RETURN(segment, RealInput<T>(ctx, 4, dtype));
      }
      ONEDGE_ASSIGN_OR_RETURN(const Tensor gamma, RealInput<T>(ctx, 5, dtype));
      ONEDGE_ASSIGN_OR_RETURN(const Tensor beta, RealInput<T>(ctx, 6, dtype));
      const Shape shape = {ids[0], ids[1], hidden};
      ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, shape));
      RealOutput<T> sum;
      if (ctx.WantsOutput(2)) {
        ONEDGE_ASSIGN_OR_RETURN(sum, RealOutput<T>::Create(ctx, 2, dtype, shape));
      }
      T* const outputs = y.data();
      T* const sums = ctx.WantsOutput(2) ? sum.data() : outputs;
      const size_t n = static_cast<size_t>(hidden);
      ParallelRanges(ctx.threads(), rows, n * 6, [&](size_t begin, size_t end) {
        for (size_t row = begin; row < end; ++row) {
          const T* w = word.template data<T>() + word_rows[row] * n;
          const T* p = position.template data<T>() + position_rows[row % position_rows.size()] * n;
          T* to = sums + row * n;
          const T* s = segments ? segment.template data<T>() + segment_rows[row] * n : nullptr;
          const T* second = segment_first && s ? s : p;
          const T* third = second == s ? p : s;
          AddRows(w, second, n, to);
          if (third) AddRows(to, third, n, to);
          LayerNormRow<T>(to, gamma.template data<T>(), beta.template data<T>(), n, static_cast<T>(epsilon),
                          outputs + row * n);
        }
      });
      if (ctx.WantsOutput(2)) ONEDGE_RETURN_IF_ERROR(sum.Store());
      return y.Store();
    });
  }

 private:
  Result<std::vector<size_t>> Indices(OpContext& ctx, size_t input, const Shape& expected, int64_t entries) const {
    if (!(ctx.Input(input).shape() == expected)) {
      return InvalidArgument("input ", input, ": expected shape ", expected, ", got ", ctx.Input(input).shape());
    }
    ONEDGE_ASSIGN_OR_RETURN(const auto values, ctx.Input(input).ToInt64s(StrCat("input ", input)));
    std::vector<size_t> rows;
    const int64_t first = wraps ? -entries : 0;
    for (int64_t value : values) {
      if (value < first || value >= entries) {
        return InvalidArgument("input ", input, ": expected indices in [", first, ", ", entries, "), got ", value);
      }
      rows.push_back(static_cast<size_t>(value < 0 ? value + entries : value));
    }
    return rows;
  }

  static Status WriteMaskIndex(OpContext& ctx, const Shape& ids) {
    if (!ctx.WantsOutput(1)) return OkStatus();
    ONEDGE_ASSIGN_OR_RETURN(Tensor * out, ctx.Output(1, DType::kInt32, {ids[0]}));
    int32_t* counts = out->mutable_data<int32_t>();
    for (int64_t b = 0; b < ids[0]; ++b) counts[b] = 0;
    if (!ctx.HasInput(7)) return OkStatus();
    if (!(ctx.Input(7).shape() == ids))
      return InvalidArgument("input 7: expected ", ids, ", got ", ctx.Input(7).shape());
    ONEDGE_ASSIGN_OR_RETURN(const auto mask, ctx.Input(7).ToInt64s("input 7"));
    for (size_t i = 0; i < mask.size(); ++i) counts[i / static_cast<size_t>(ids[1])] += mask[i] == 1 ? 1 : 0;
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<EmbedLayerNormalization>(AttributeReader& attrs) {
  auto op = std::make_unique<EmbedLayerNormalization>();
  op->epsilon = attrs.Float("epsilon", 1e-12f);
  if (attrs.node().domain == "onedge") {
    op->wraps = true;
    op->segment_first = attrs.Int("segment_first", 0) != 0;
    return OpPtr(std::move(op));
  }
  if (attrs.Int("mask_index_type", 0) != 0) attrs.Fail(Unsupported("attribute 'mask_index_type': only 0 is supported"));
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
