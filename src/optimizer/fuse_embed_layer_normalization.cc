// fuse-embed-layer-normalization: LayerNormalization of the sum of word, position and segment embeddings, the start of
// BERT models, becomes onedge.EmbedLayerNormalization, with the same bits: it adds in the order of the model.
#include "ops/movement/gather.h"
#include "ops/nn/layer_normalization.h"
#include "optimizer/pass.h"
#include "optimizer/rewriter.h"

namespace onedge::optimizer {
namespace {

using graph::kNoValue;

bool IsOfRows(const Rewriter&, const graph::Node& node) { return ops::As<ops::Gather>(node)->axis == 0; }

bool IsOverLastAxisAlone(const Rewriter& rewriter, const graph::Node& node) {
  for (size_t i = 1; i < node.outputs.size(); ++i) {
    if (node.outputs[i] != kNoValue) return false;
  }
  const graph::TypeInfo& x = rewriter.type(node.inputs[0]);
  const int64_t axis = ops::As<ops::LayerNormalization>(node)->axis;
  return axis == -1 || (x.dims && axis == static_cast<int64_t>(x.dims->size()) - 1);
}

Pattern Embedding(const Pattern& table, const Pattern& ids) {
  return Op("Gather", {table, ids}).Where(IsOfRows, "Gather along axis 0");
}

// [batch or 1, sequence] with the sequence of `ids`.
bool AreOfOneSequence(const Rewriter& rewriter, graph::ValueId positions, graph::ValueId ids) {
  const graph::TypeInfo& a = rewriter.type(positions);
  const graph::TypeInfo& b = rewriter.type(ids);
  if (!a.dims || !b.dims || a.dims->size() != 2 || b.dims->size() != 2) return false;
  return (*a.dims)[1].Same((*b.dims)[1]) && ((*a.dims)[0].is(1) || (*a.dims)[0].Same((*b.dims)[0]));
}

}  // namespace

Result<bool> FuseEmbedLayerNormalization(graph::Graph& graph, const PassContext& ctx) {
  const auto ids = Any("ids"), segments = Any("segment ids"), positions = Any("position ids");
  const auto words = Constant("word table"), segment_table = Constant("segment table"),
             position_table = Constant("position table");
  const auto scale = Constant("scale"), bias = Constant("bias");
  const auto word = Embedding(words, ids), segment = Embedding(segment_table, segments),
             position = Embedding(position_table, positions);
  const auto pattern = [&](const Pattern& sum) {
    return Op("LayerNormalization", {sum, scale, bias}).Where(IsOverLastAxisAlone, "one output, over the last axis");
  };
  // Only their order distinguishes the two Gathers of [batch, sequence] ids, and it does not matter.
  const auto segment_first = pattern(word + segment + position);
  const auto position_first = pattern(word + position + segment);

  Rewriter rewriter(graph, ctx);
  for (size_t i = 0; i < rewriter.node_count(); ++i) {
    bool is_segment_first = true;
    const auto fits = [&](const Match& match) {
      return rewriter.SameType(match[ids], match[segments]) && AreOfOneSequence(rewriter, match[positions], match[ids]);
    };
    auto match = rewriter.Find(segment_first, i, 4);
    if (!match || !fits(*match)) {
      match = rewriter.Find(position_first, i, 4);
      is_segment_first = false;
    }
    if (!match) continue;
    if (!fits(*match)) {
      rewriter.Miss(i, "expected word and segment ids of the same shape [batch, sequence], and one position for each");
      continue;
    }
    const DType dtype = rewriter.constant((*match)[words])->dtype();
    if (dtype != DType::kFloat32 && dtype != DType::kFloat64) {
      rewriter.Miss(i, "tables of 16 bits are widened row by row, which Gather does better");
      continue;
    }
    const float epsilon = ops::As<ops::LayerNormalization>(rewriter.node(i))->epsilon;
    const auto value = [&](const Pattern& place) { return (*match)[place]; };
    ONEDGE_RETURN_IF_ERROR(
        rewriter
            .Replace(i, {"EmbedLayerNormalization",
                         {value(ids), value(segments), value(words), value(position_table), value(segment_table),
                          value(scale), value(bias), kNoValue, value(positions)},
                         {{"epsilon", epsilon}, {"segment_first", int64_t{is_segment_first}}},
                         "onedge"})
            .status());
  }
  return rewriter.Finish();
}

}  // namespace onedge::optimizer
