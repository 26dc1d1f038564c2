#include "tasks/object_detection.h"

#include <algorithm>
#include <cmath>

#include "tasks/scores.h"

namespace onedge::tasks {
namespace {

using Box = std::array<float, 4>;

// Area of the intersection over the area of the union.
float Overlap(const Box& a, const Box& b) {
  const auto area = [](const Box& box) { return std::max(0.0f, box[2] - box[0]) * std::max(0.0f, box[3] - box[1]); };
  const float shared = area({std::max(a[0], b[0]), std::max(a[1], b[1]), std::min(a[2], b[2]), std::min(a[3], b[3])});
  const float all = area(a) + area(b) - shared;
  return all > 0 ? shared / all : 0;
}

}  // namespace

Status DetectObjects(const OutputRows& scores, const OutputRows& boxes, const Image& image,
                     const std::vector<std::string>& labels, const TaskOptions& options, std::vector<Answer>& entries) {
  const bool nothing = scores.columns == labels.size() + 1;  // there is a class for it
  if (boxes.columns != 4 || boxes.rows != scores.rows || (!nothing && scores.columns != labels.size())) {
    return InvalidArgument("the model gives scores [", scores.rows, ", ", scores.columns, "] and boxes [", boxes.rows,
                           ", ", boxes.columns, "]; expected as many objects with 4 numbers each, and ", labels.size(),
                           " labels or one more");
  }
  ONEDGE_RETURN_IF_ERROR(CheckNumbers(scores.all()));
  ONEDGE_RETURN_IF_ERROR(CheckNumbers(boxes.all()));
  std::vector<Answer> found;
  std::vector<double> ranks;
  for (size_t i = 0; i < scores.rows; ++i) {
    const auto row = scores.row(i);
    const std::vector<double> numbers = options.function == ScoreFunction::kNone
                                            ? std::vector<double>(row.begin(), row.end())
                                        : options.function == ScoreFunction::kSigmoid ? Sigmoid(row)
                                                                                      : Softmax(row);
    const auto best = std::max_element(numbers.begin(), numbers.end());
    const auto label = static_cast<size_t>(best - numbers.begin());
    if (label >= labels.size() || !(*best >= options.threshold)) continue;
    const auto& ignored = options.ignore_labels;
    if (std::find(ignored.begin(), ignored.end(), labels[label]) != ignored.end()) continue;
    const auto box = boxes.row(i);
    Answer& entry = found.emplace_back();
    entry.label = labels[label];
    entry.score = static_cast<float>(*best);
    if (options.box_format == BoxFormat::kCorners) {
      entry.box = {box[0], box[1], box[2], box[3]};
    } else {
      entry.box = {box[0] - box[2] / 2, box[1] - box[3] / 2, box[0] + box[2] / 2, box[1] + box[3] / 2};
    }
    ranks.push_back(*best);
  }
  for (uint32_t i : TopK(ranks, 0)) {
    if (options.top_k > 0 && static_cast<double>(entries.size()) >= options.top_k) break;
    const bool covered =
        options.iou_threshold > 0 && std::any_of(entries.begin(), entries.end(), [&](const Answer& better) {
          return better.label == found[i].label && Overlap(better.box, found[i].box) > options.iou_threshold;
        });
    if (!covered) entries.push_back(std::move(found[i]));
  }
  if (!options.percentage) {
    for (Answer& entry : entries) {
      for (size_t i = 0; i < 4; ++i) {
        const auto side = static_cast<float>(i % 2 == 0 ? image.width : image.height);
        entry.box[i] = std::trunc(entry.box[i] * side) + 0.0f;  // no -0
      }
    }
  }
  return OkStatus();
}

}  // namespace onedge::tasks
