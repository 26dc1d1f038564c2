// object-detection: the objects in an image and their boxes.
#include <algorithm>
#include <array>
#include <cmath>

#include "base/decimal.h"
#include "tasks/image_task.h"
#include "tasks/registry.h"
#include "tasks/scores.h"
#include "tasks/text_lines.h"

namespace onedge::tasks {
namespace {

using Box = std::array<float, 4>;  // xmin, ymin, xmax, ymax

enum class BoxFormat : uint8_t { kCenter, kCorners };
constexpr std::string_view kBoxFormats[] = {"center", "corners"};

constexpr OutputNames kBoxes = {{"boxes", "pred_boxes", "output_boxes"}};
// DETR's logits, or the scores of a model that applies the softmax itself.
constexpr OutputNames kScores = {{"logits", "pred_logits", "scores", "pred_scores", "output_logits", "output_scores"}};

// Area of the intersection over the area of the union.
float Overlap(const Box& a, const Box& b) {
  const auto area = [](const Box& box) { return std::max(0.0f, box[2] - box[0]) * std::max(0.0f, box[3] - box[1]); };
  const float shared = area({std::max(a[0], b[0]), std::max(a[1], b[1]), std::min(a[2], b[2]), std::min(a[3], b[3])});
  const float all = area(a) + area(b) - shared;
  return all > 0 ? shared / all : 0;
}

}  // namespace

class ObjectDetection final : public ImageTask {
 public:
  using ImageTask::ImageTask;

  void AddSettings(std::vector<Setting>& settings) override {
    settings.push_back({"top_k", &top_k_});
    AddScoreFunction(settings, &function_);
    settings.push_back({"ignore_labels", &ignore_labels_});
    settings.push_back({"threshold", &threshold_});
    settings.push_back({"iou_threshold", &iou_threshold_});
    settings.push_back({"percentage", &percentage_});
    settings.push_back({"box_format", ChoiceOf(kBoxFormats, &box_format_)});
    settings.push_back({"boxes_output", &boxes_output_});
    settings.push_back({"scores_output", &scores_output_});
    ImageTask::AddSettings(settings);
  }

  void Reserve(size_t inputs) override { answers_.resize(inputs); }

  Status Consume(const Sequence& sequence, const ModelOutputs& outputs) override {
    ONEDGE_ASSIGN_OR_RETURN(const OutputRows boxes, outputs.Rows(kBoxes, boxes_output_));
    ONEDGE_ASSIGN_OR_RETURN(const OutputRows scores, outputs.Rows(kScores, scores_output_));
    std::vector<Entry> candidates;
    ONEDGE_RETURN_IF_ERROR(Candidates(scores, boxes, candidates));
    std::vector<Entry>& entries = answers_[sequence.input];
    for (const Entry& candidate : candidates) {
      if (top_k_ > 0 && entries.size() >= top_k_) break;
      const bool covered =
          iou_threshold_ > 0 && std::ranges::any_of(entries, [&](const Entry& better) {
            return better.label == candidate.label && Overlap(better.box, candidate.box) > iou_threshold_;
          });
      if (!covered) entries.push_back(candidate);
    }
    if (!percentage_) ToPixels(input(sequence.input).image, entries);
    return OkStatus();
  }

  void WriteJson(size_t input, AnswerWriter& json) const override {
    json.Array();
    for (const Entry& entry : answers_[input]) {
      json.Object();
      json.Key("label").Text(labels()[entry.label]);
      json.Key("score").Score(entry.score);
      json.Key("box").Object();
      for (size_t i = 0; i < 4; ++i) {
        static constexpr const char* kSides[] = {"xmin", "ymin", "xmax", "ymax"};
        json.Key(kSides[i]).Score(entry.box[i]);
      }
      json.End();
      json.End();
    }
    json.End();
  }

  bool WriteText(size_t input, std::string& out) const override {
    for (const Entry& entry : answers_[input]) {
      const auto side = [&](size_t i) { return FormatNumber(static_cast<double>(entry.box[i]), 6); };
      out += StrCat(Padded(labels()[entry.label], 12), " ", Fixed(entry.score), "  ", side(0), ", ", side(1), " - ",
                    side(2), ", ", side(3), "\n");
    }
    return true;
  }

 private:
  struct Entry {
    size_t label;
    float score;
    Box box;  // in fractions of the image, then in pixels
  };

  // scores: float32 [objects, labels], or one more column for the class "nothing"; boxes: float32 [objects, 4]. Keeps
  // those at or above the threshold, best first.
  Status Candidates(const OutputRows& scores, const OutputRows& boxes, std::vector<Entry>& candidates) const {
    const size_t count = labels().size();
    if (boxes.columns != 4 || boxes.rows != scores.rows || (scores.columns != count && scores.columns != count + 1)) {
      return InvalidArgument("the model gives scores [", scores.rows, ", ", scores.columns, "] and boxes [", boxes.rows,
                             ", ", boxes.columns, "]; expected as many objects with 4 numbers each, and ", count,
                             " labels or one more");
    }
    ONEDGE_RETURN_IF_ERROR(CheckNumbers(scores.all()));
    ONEDGE_RETURN_IF_ERROR(CheckNumbers(boxes.all()));
    std::vector<Entry> found;
    std::vector<double> ranks;
    for (size_t i = 0; i < scores.rows; ++i) {
      const auto row = scores.row(i);
      const std::vector<double> numbers = function_ == ScoreFunction::kNone
                                              ? std::vector<double>(row.begin(), row.end())
                                          : function_ == ScoreFunction::kSigmoid ? Sigmoid(row)
                                                                                 : Softmax(row);
      const auto best = std::ranges::max_element(numbers);
      const auto label = static_cast<size_t>(best - numbers.begin());
      if (label >= count || !(*best >= threshold_)) continue;
      if (std::ranges::find(ignore_labels_, labels()[label]) != ignore_labels_.end()) continue;
      const auto box = boxes.row(i);
      const bool corners = box_format_ == BoxFormat::kCorners;
      found.push_back({label, static_cast<float>(*best),
                       corners
                           ? Box{box[0], box[1], box[2], box[3]}
                           : Box{box[0] - box[2] / 2, box[1] - box[3] / 2, box[0] + box[2] / 2, box[1] + box[3] / 2}});
      ranks.push_back(*best);
    }
    for (uint32_t i : TopK(ranks, 0)) candidates.push_back(found[i]);
    return OkStatus();
  }

  static void ToPixels(const Image& image, std::vector<Entry>& entries) {
    for (Entry& entry : entries) {
      for (size_t i = 0; i < 4; ++i) {
        const auto side = static_cast<float>(i % 2 == 0 ? image.width : image.height);
        entry.box[i] = std::trunc(entry.box[i] * side) + 0.0f;  // no -0
      }
    }
  }

  uint64_t top_k_ = 0;  // 0: all
  ScoreFunction function_ = ScoreFunction::kDefault;
  std::vector<std::string> ignore_labels_;
  double threshold_ = 0.9;
  double iou_threshold_ = 0;  // 0: boxes may overlap
  bool percentage_ = false;
  BoxFormat box_format_ = BoxFormat::kCenter;
  std::string boxes_output_, scores_output_;
  std::vector<std::vector<Entry>> answers_;
};

template <>
std::unique_ptr<Task> Make<ObjectDetection>(const TaskContext& context) {
  return std::make_unique<ObjectDetection>(context);
}

}  // namespace onedge::tasks
