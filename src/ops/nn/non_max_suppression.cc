// NonMaxSuppression (ai.onnx 10, 11): boxes by descending score, without those that overlap a better box too much.
#include <algorithm>

#include "base/heap_sort.h"
#include "ops/op.h"

namespace onedge::ops {
namespace {

struct Box {
  float y1, x1, y2, x2;  // corners, low and high
};

Box Corners(const float* box, bool center_point) {
  if (center_point) {  // x, y, width, height
    return {box[1] - box[3] / 2, box[0] - box[2] / 2, box[1] + box[3] / 2, box[0] + box[2] / 2};
  }
  return {std::min(box[0], box[2]), std::min(box[1], box[3]), std::max(box[0], box[2]), std::max(box[1], box[3])};
}

bool Overlap(const Box& a, const Box& b, float threshold) {
  const float height = std::min(a.y2, b.y2) - std::max(a.y1, b.y1);
  const float width = std::min(a.x2, b.x2) - std::max(a.x1, b.x1);
  if (!(height > 0) || !(width > 0)) return false;
  const float both = height * width;
  const float area_a = (a.y2 - a.y1) * (a.x2 - a.x1);
  const float area_b = (b.y2 - b.y1) * (b.x2 - b.x1);
  const float either = area_a + area_b - both;
  return area_a > 0 && area_b > 0 && either > 0 && both / either > threshold;
}

}  // namespace

struct NonMaxSuppression final : Op {
  bool center_point = false;

  Status InferShapes(ShapeContext& ctx) const override {
    for (size_t i = 0; i < 2; ++i) {
      ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(i));
      if (const Dims* dims = ctx.InputDims(i); dims && dims->size() != 3) {
        return InvalidArgument("input ", i, ": expected 3 dimensions, got ", dims->size());
      }
    }
    ctx.SetOutput(0, DType::kInt64, Dims{Dim::Unknown(), Dim::Known(3)});
    return OkStatus();
  }

  // boxes: f32 [B, N, 4], scores: f32 [B, C, N], max_output_boxes_per_class: int64 [], iou_threshold, score_threshold:
  // f32 [] (all optional) -> selected: int64 [n, 3], rows of batch, class, box
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
    const Tensor& boxes = ctx.Input(0);
    const Tensor& scores = ctx.Input(1);
    if (boxes.dtype() != DType::kFloat32 || scores.dtype() != DType::kFloat32) {
      return InvalidArgument("inputs 0 and 1: expected float32, got ", boxes, " and ", scores);
    }
    if (boxes.rank() != 3 || boxes.dim(2) != 4 || scores.rank() != 3 || scores.dim(0) != boxes.dim(0) ||
        scores.dim(2) != boxes.dim(1)) {
      return InvalidArgument("expected boxes [batch, n, 4] and scores [batch, classes, n], got ", boxes.shape(),
                             " and ", scores.shape());
    }
    int64_t most = 0;
    if (ctx.HasInput(2)) {
      ONEDGE_ASSIGN_OR_RETURN(const auto values, ctx.Input(2).ToInt64s("input 2"));
      if (values.size() != 1) return InvalidArgument("input 2: expected one number, got shape ", ctx.Input(2).shape());
      most = std::max<int64_t>(0, values[0]);
    }
    float thresholds[2] = {0, 0};
    for (size_t i = 0; i < 2; ++i) {
      if (!ctx.HasInput(3 + i)) continue;
      const Tensor& threshold = ctx.Input(3 + i);
      if (threshold.dtype() != DType::kFloat32 || threshold.element_count() != 1) {
        return InvalidArgument("input ", 3 + i, ": expected one float32, got ", threshold);
      }
      thresholds[i] = *threshold.data<float>();
    }
    std::vector<int64_t> selected;
    const size_t count = static_cast<size_t>(boxes.dim(1));
    std::vector<size_t> order;
    std::vector<Box> kept;
    for (int64_t batch = 0; batch < boxes.dim(0); ++batch) {
      const float* batch_boxes = boxes.data<float>() + static_cast<size_t>(batch) * count * 4;
      for (int64_t one_class = 0; one_class < scores.dim(1); ++one_class) {
        ONEDGE_RETURN_IF_ERROR(ctx.CheckCancelled());
        const float* score = scores.data<float>() + static_cast<size_t>(batch * scores.dim(1) + one_class) * count;
        order.clear();
        for (size_t i = 0; i < count; ++i) {
          if (ctx.HasInput(4) ? score[i] > thresholds[1] : score[i] == score[i]) order.push_back(i);
        }
        // Among equal scores the first box comes first.
        HeapSort(order, [score](size_t a, size_t b) { return score[a] > score[b] || (score[a] == score[b] && a < b); });
        kept.clear();
        for (size_t i : order) {
          if (static_cast<int64_t>(kept.size()) >= most) break;
          const Box box = Corners(batch_boxes + 4 * i, center_point);
          const bool covered = std::any_of(kept.begin(), kept.end(),
                                           [&](const Box& better) { return Overlap(box, better, thresholds[0]); });
          if (covered) continue;
          kept.push_back(box);
          selected.insert(selected.end(), {batch, one_class, static_cast<int64_t>(i)});
        }
      }
    }
    ONEDGE_ASSIGN_OR_RETURN(Tensor * out, ctx.Output(0, DType::kInt64, {static_cast<int64_t>(selected.size() / 3), 3}));
    std::copy(selected.begin(), selected.end(), out->mutable_data<int64_t>());
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<NonMaxSuppression>(AttributeReader& attrs) {
  auto op = std::make_unique<NonMaxSuppression>();
  const int64_t form = attrs.Int("center_point_box", 0);
  if (form != 0 && form != 1) attrs.Fail(InvalidArgument("attribute 'center_point_box': expected 0 or 1, got ", form));
  op->center_point = form == 1;
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops
