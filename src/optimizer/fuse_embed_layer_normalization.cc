// fuse-embed-layer-normalization: LayerNormalization of the sum of word, position and segment embeddings, the start of
// BERT models, becomes onedge.EmbedLayerNormalization, with the same bits: it adds in the order of the model.
#include <algorithm>

#include "ops/movement/gather.h"
#include "ops/nn/layer_normalization.h"
#include "optimizer/conditions.h"
#include "optimizer/pass.h"
#include "optimizer/rewriter.h"

namespace onedge::optimizer {
namespace {

using graph::kNoValue;
using graph::ValueId;

bool IsOfRows(const Rewriter&, const graph::Node& node) { return ops::As<ops::Gather>(node)->axis == 0; }

// A table of constants, and the ids that choose its rows.
struct Embedding {
  explicit Embedding(std::string_view of) : ids(Any(of)) {}
  const Pattern table = Constant("table");
  const Pattern ids;
  const Pattern rows = Op("Gather", {table, ids}).Where(IsOfRows, "Gather along axis 0");
};

bool IsInts(const Tensor* tensor, std::span<const int64_t> expected) {
  return tensor && tensor->dtype() == DType::kInt64 && std::ranges::equal(tensor->values<int64_t>(), expected);
}

// A constant [1, entries], sliced to [0, sequence) along axis 1 (PyTorch's position_ids). Of a sequence that is longer
// than `entries`, all are left, which then fit neither the sum nor the fused operator; one entry would broadcast.
bool AreSlicedTo(const Rewriter& rewriter, ValueId positions, const graph::Dim& sequence) {
  const graph::Node* slice = rewriter.Producer(positions, "Slice");
  if (!slice || slice->inputs.size() < 4) return false;
  const auto constant = [&](size_t i) { return rewriter.constant(slice->inputs[i]); };
  if (!constant(0) || constant(0)->rank() != 2 || constant(0)->dim(0) != 1 || constant(0)->dim(1) <= 1) return false;
  constexpr int64_t kZero[] = {0}, kOne[] = {1};
  const bool steps_by_one = slice->inputs.size() == 4 || slice->inputs[4] == kNoValue || IsInts(constant(4), kOne);
  if (!IsInts(constant(1), kZero) || !IsInts(constant(3), kOne) || !steps_by_one) return false;
  const auto ends = rewriter.ShapeValue(slice->inputs[2]);
  return ends && ends->size() == 1 && ends->front().Same(sequence);
}

// [batch or 1, sequence] with the sequence of `ids`, or the run fails with and without the fusion.
bool AreOfOneSequence(const Rewriter& rewriter, ValueId positions, ValueId ids) {
  const graph::TypeInfo& a = rewriter.type(positions);
  const graph::TypeInfo& b = rewriter.type(ids);
  if (!a.dims || !b.dims || a.dims->size() != 2 || b.dims->size() != 2) return false;
  if (AreSlicedTo(rewriter, positions, (*b.dims)[1])) return true;
  return (*a.dims)[1].Same((*b.dims)[1]) && ((*a.dims)[0].is(1) || (*a.dims)[0].Same((*b.dims)[0]));
}

}  // namespace

Result<bool> FuseEmbedLayerNormalization(graph::Graph& graph, const PassContext& ctx) {
  const Embedding first("ids"), second("more ids"), third("further ids");
  const auto scale = Constant("scale"), bias = Constant("bias");
  const auto norm = Op("LayerNormalization", {first.rows + second.rows + third.rows, scale, bias})
                        .Where(NormalizesLastAxisAlone, "one output, over the last axis");
  // Only the shapes of the ids distinguish the three. Word and segment may change places.
  const struct {
    const Embedding &word, &segment, &position;
    bool segment_first;
  } kRoles[] = {{first, second, third, true}, {first, third, second, false}, {second, third, first, false}};

  Rewriter rewriter(graph, ctx);
  for (size_t i = 0; i < rewriter.node_count(); ++i) {
    const auto match = rewriter.Find(norm, i, 4);
    if (!match) continue;
    const auto value = [&](const Pattern& place) { return (*match)[place]; };
    const auto* roles = std::ranges::find_if(kRoles, [&](const auto& role) {
      return rewriter.SameType(value(role.word.ids), value(role.segment.ids)) &&
             AreOfOneSequence(rewriter, value(role.position.ids), value(role.word.ids));
    });
    if (roles == std::end(kRoles)) {
      rewriter.Miss(i, "expected word and segment ids of the same shape [batch, sequence], and one position for each");
      continue;
    }
    const auto& [word, segment, position, segment_first] = *roles;
    const DType dtype = rewriter.constant(value(word.table))->dtype();
    if (dtype != DType::kFloat32 && dtype != DType::kFloat64) {
      rewriter.Miss(i, "tables of 16 bits are widened row by row, which Gather does better");
      continue;
    }
    const float epsilon = ops::As<ops::LayerNormalization>(rewriter.node(i))->epsilon;
    ONEDGE_RETURN_IF_ERROR(
        rewriter
            .Replace(i, {.op_type = "EmbedLayerNormalization",
                         .inputs = {value(word.ids), value(segment.ids), value(word.table), value(position.table),
                                    value(segment.table), value(scale), value(bias), kNoValue, value(position.ids)},
                         .attributes = {{"epsilon", epsilon}, {"segment_first", int64_t{segment_first}}},
                         .domain = "onedge",
                         .shape_of = value(word.rows)})
            .status());
  }
  return rewriter.Finish();
}

}  // namespace onedge::optimizer
