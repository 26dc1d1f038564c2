// The settings of the tasks, in one table: what each is called, which tasks have it, and where it goes.
#include <cmath>
#include <cstddef>

#include "tasks/task.h"

namespace onedge::tasks {
namespace {

constexpr std::string_view kTaskNames[] = {"text-classification", "token-classification", "question-answering",
                                           "fill-mask",           "feature-extraction",   "zero-shot-classification",
                                           "sentence-similarity", "text-ranking",         "image-classification",
                                           "object-detection"};

// Sets of tasks, a bit for each.
constexpr uint16_t Bit(Task task) { return static_cast<uint16_t>(1u << static_cast<unsigned>(task)); }
constexpr uint16_t kText = Bit(Task::kTextClassification), kToken = Bit(Task::kTokenClassification),
                   kQuestion = Bit(Task::kQuestionAnswering), kMask = Bit(Task::kFillMask),
                   kEmbed = Bit(Task::kFeatureExtraction), kZeroShot = Bit(Task::kZeroShotClassification),
                   kSimilarity = Bit(Task::kSentenceSimilarity), kRanking = Bit(Task::kTextRanking),
                   kImage = Bit(Task::kImageClassification), kDetection = Bit(Task::kObjectDetection);
constexpr uint16_t kTexts = static_cast<uint16_t>(~(kImage | kDetection));
constexpr uint16_t kTopK = static_cast<uint16_t>(~(kToken | kEmbed));

enum class Kind : uint8_t { kWhole, kNumber, kBool, kText, kTexts, kNumbers, kChoice };

struct Setting {
  const char* name;
  uint16_t tasks;
  Kind kind;
  uint16_t offset;                // in TaskOptions
  const char* choices = nullptr;  // names of an enumeration, separated by spaces
};

#define ONEDGE_SETTING(member) static_cast<uint16_t>(offsetof(TaskOptions, member))
constexpr const char* kFunctions = "default softmax sigmoid none";
constexpr uint16_t kScored = kText | kRanking | kImage | kDetection, kImages = kImage | kDetection;
constexpr Setting kSettings[] = {
    {"max_length", kTexts, Kind::kWhole, ONEDGE_SETTING(max_length)},
    {"top_k", kTopK, Kind::kWhole, ONEDGE_SETTING(top_k)},
    {"function", kScored, Kind::kChoice, ONEDGE_SETTING(function), kFunctions},
    {"function_to_apply", kScored, Kind::kChoice, ONEDGE_SETTING(function), kFunctions},
    {"candidate_labels", kZeroShot, Kind::kTexts, ONEDGE_SETTING(candidate_labels)},
    {"hypothesis_template", kZeroShot, Kind::kText, ONEDGE_SETTING(hypothesis_template)},
    {"multi_label", kZeroShot, Kind::kBool, ONEDGE_SETTING(multi_label)},
    {"aggregation_strategy", kToken, Kind::kChoice, ONEDGE_SETTING(aggregation_strategy),
     "none simple first average max"},
    {"ignore_labels", kToken | kDetection, Kind::kTexts, ONEDGE_SETTING(ignore_labels)},
    {"max_answer_len", kQuestion, Kind::kWhole, ONEDGE_SETTING(max_answer_len)},
    {"doc_stride", kQuestion, Kind::kWhole, ONEDGE_SETTING(doc_stride)},
    {"handle_impossible_answer", kQuestion, Kind::kBool, ONEDGE_SETTING(handle_impossible_answer)},
    {"align_to_words", kQuestion, Kind::kBool, ONEDGE_SETTING(align_to_words)},
    {"targets", kMask, Kind::kTexts, ONEDGE_SETTING(targets)},
    {"mask_token", kMask, Kind::kText, ONEDGE_SETTING(mask_token)},
    {"pooling", kEmbed | kSimilarity, Kind::kChoice, ONEDGE_SETTING(pooling), "none mean cls last_token max"},
    {"normalize", kEmbed, Kind::kBool, ONEDGE_SETTING(normalize)},
    {"dimensions", kEmbed | kSimilarity, Kind::kWhole, ONEDGE_SETTING(dimensions)},
    {"threshold", kDetection, Kind::kNumber, ONEDGE_SETTING(threshold)},
    {"iou_threshold", kDetection, Kind::kNumber, ONEDGE_SETTING(iou_threshold)},
    {"percentage", kDetection, Kind::kBool, ONEDGE_SETTING(percentage)},
    {"box_format", kDetection, Kind::kChoice, ONEDGE_SETTING(box_format), "center corners"},
    {"width", kImages, Kind::kWhole, ONEDGE_SETTING(image.width)},
    {"height", kImages, Kind::kWhole, ONEDGE_SETTING(image.height)},
    {"shortest_edge", kImages, Kind::kWhole, ONEDGE_SETTING(image.shortest_edge)},
    {"longest_edge", kImages, Kind::kWhole, ONEDGE_SETTING(image.longest_edge)},
    {"resample", kImages, Kind::kChoice, ONEDGE_SETTING(image.resample), "bilinear bicubic nearest"},
    {"channels", kImages, Kind::kWhole, ONEDGE_SETTING(image.channels)},
    {"scale", kImages, Kind::kNumber, ONEDGE_SETTING(image.scale)},
    {"mean", kImages, Kind::kNumbers, ONEDGE_SETTING(image.mean)},
    {"std", kImages, Kind::kNumbers, ONEDGE_SETTING(image.std)},
    {"invert", kImages, Kind::kBool, ONEDGE_SETTING(image.invert)},
    {"layout", kImages, Kind::kChoice, ONEDGE_SETTING(image.layout), "NCHW NHWC"},
};
#undef ONEDGE_SETTING

bool SameName(std::string_view setting, std::string_view given) {
  size_t at = 0;
  for (char c : given) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && (at >= setting.size() || setting[at++] != '_')) return false;
    if (at >= setting.size() || setting[at++] != (upper ? c - 'A' + 'a' : c)) return false;
  }
  return at == setting.size();
}

// Sets what lies at `target`; what was expected where the value is something else, or null.
const char* Assign(const Setting& setting, const package::Settings::Value& value, void* target) {
  switch (setting.kind) {
    case Kind::kWhole:
    case Kind::kNumber: {
      const double* number = std::get_if<double>(&value);
      const bool fits = number && (setting.kind == Kind::kNumber ||
                                   (*number >= 0 && *number <= 9007199254740992.0 && *number == std::floor(*number)));
      if (!fits) return setting.kind == Kind::kNumber ? "a number" : "a whole number of at least 0";
      *static_cast<double*>(target) = *number;
      return nullptr;
    }
    case Kind::kBool: {
      const bool* flag = std::get_if<bool>(&value);
      if (!flag) return "true or false";
      *static_cast<bool*>(target) = *flag;
      return nullptr;
    }
    case Kind::kNumbers: {
      const auto* numbers = std::get_if<std::vector<double>>(&value);
      if (!numbers) return "an array of numbers";
      *static_cast<std::vector<double>*>(target) = *numbers;
      return nullptr;
    }
    case Kind::kTexts: {
      auto* texts = static_cast<std::vector<std::string>*>(target);
      if (const auto* many = std::get_if<std::vector<std::string>>(&value)) {
        *texts = *many;
        return nullptr;
      }
      texts->clear();
      const auto* none = std::get_if<std::vector<double>>(&value);
      if (none && none->empty()) return nullptr;
      const auto* one = std::get_if<std::string>(&value);
      if (!one) return "an array of strings";
      texts->push_back(*one);
      return nullptr;
    }
    case Kind::kText:
    case Kind::kChoice:
      break;
  }
  const auto* text = std::get_if<std::string>(&value);
  if (!text) return setting.choices ? setting.choices : "a string";
  if (setting.kind == Kind::kText) {
    *static_cast<std::string*>(target) = *text;
    return nullptr;
  }
  std::string_view choices = setting.choices;
  for (uint8_t i = 0; !choices.empty(); ++i) {
    const size_t end = std::min(choices.find(' '), choices.size());
    if (choices.substr(0, end) == *text) {
      *static_cast<uint8_t*>(target) = i;
      return nullptr;
    }
    choices.remove_prefix(std::min(end + 1, choices.size()));
  }
  return setting.choices;
}

}  // namespace

std::optional<Task> TaskOf(std::string_view name) {
  for (uint8_t i = 0; i < std::size(kTaskNames); ++i) {
    if (kTaskNames[i] == name) return static_cast<Task>(i);
  }
  return std::nullopt;
}

std::string_view TaskName(Task task) { return kTaskNames[static_cast<size_t>(task)]; }

TaskOptions DefaultTaskOptions(Task task) {
  TaskOptions options;
  const uint16_t bit = Bit(task);
  options.top_k = bit == kMask ? 5 : bit & (kText | kQuestion | kImage) ? 1 : 0;
  if (bit == kToken) options.ignore_labels.emplace_back("O");
  return options;
}

Status ReadTaskOptions(Task task, const package::Settings& settings, bool strict, TaskOptions& options) {
  for (const package::Settings::Entry& entry : settings.entries()) {
    const Setting* found = nullptr;
    std::string known;
    for (const Setting& setting : kSettings) {
      if (!(setting.tasks & Bit(task))) continue;
      if (SameName(setting.name, entry.name)) found = &setting;
      known += StrCat(known.empty() ? "" : ", ", setting.name);
    }
    if (found) {
      const char* expected = Assign(*found, entry.value, reinterpret_cast<uint8_t*>(&options) + found->offset);
      if (expected) return InvalidArgument("'", entry.name, "': expected ", expected);
    } else if (strict) {
      return InvalidArgument("'", entry.name, "' is not a setting of ", TaskName(task), "; its settings are ", known);
    }
  }
  return OkStatus();
}

}  // namespace onedge::tasks
