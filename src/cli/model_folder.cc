#include "cli/model_folder.h"

#include <filesystem>

#include "cli/files.h"
#include "text/json.h"

namespace onedge::cli {
namespace {

// nullopt: the file does not exist.
Result<std::optional<JsonDocument>> ReadJson(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return std::optional<JsonDocument>();
  ONEDGE_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(path.string()));
  ONEDGE_ASSIGN_OR_RETURN(JsonDocument document, JsonDocument::Parse(bytes, path.string()));
  if (!document.root().is_object()) return CorruptFile(path.string(), ": expected an object");
  return std::optional<JsonDocument>(std::move(document));
}

Status ReadLabels(JsonValue id2label, api::Manifest& manifest) {
  for (size_t i = 0; i < id2label.size(); ++i) {
    const JsonValue label = id2label.Find(std::to_string(i));
    if (!label.is_string()) return CorruptFile("config.json: id2label has no label for ", i);
    manifest.labels.emplace_back(label.string());
  }
  return OkStatus();
}

// {"height", "width"}, {"shortest_edge", "longest_edge"}, or a number.
void ReadSize(JsonValue size, bool crop, api::Settings& image) {
  if (size.is_number()) {
    if (crop) {
      image.Set("width", size.number());
      image.Set("height", size.number());
    } else {
      image.Set("shortest_edge", size.number());
    }
    return;
  }
  for (const char* name : {"width", "height", "shortest_edge", "longest_edge"}) {
    const JsonValue value = size.Find(name);
    if (value.is_number()) image.Set(name, value.number());
  }
}

void ReadNumbers(JsonValue list, const char* name, api::Settings& image) {
  std::vector<double> numbers;
  if (list.is_array()) {
    for (JsonCursor element(list); element.Next();) numbers.push_back(element.value().number());
  }
  if (!numbers.empty()) image.Set(name, std::move(numbers));
}

Status ReadImageProcessor(JsonValue root, api::Manifest& manifest) {
  // The default of Hugging Face's processors, unless the file sets it.
  const auto does = [&](const char* step, bool otherwise) {
    const JsonValue value = root.Find(step);
    return value.is_bool() ? value.boolean() : otherwise;
  };
  api::Settings image;
  ReadSize(root.Find("size"), false, image);
  if (does("do_center_crop", static_cast<bool>(root.Find("crop_size")))) {
    ReadSize(root.Find("crop_size"), true, image);
  }
  if (const auto resample = root.Find("resample").Integer()) {
    const int64_t filter = *resample;
    if (filter != 0 && filter != 2 && filter != 3) {
      return Unsupported("preprocessor_config.json: resample ", filter,
                         "; known are 0 (nearest), 2 (bilinear), 3 (bicubic)");
    }
    image.Set("resample", std::string(filter == 0 ? "nearest" : filter == 2 ? "bilinear" : "bicubic"));
  }
  const JsonValue factor = root.Find("rescale_factor");
  image.Set("scale", !does("do_rescale", true) ? 1.0 : factor.is_number() ? factor.number() : 1.0 / 255);
  if (does("do_normalize", true)) {
    ReadNumbers(root.Find("image_mean"), "mean", image);
    ReadNumbers(root.Find("image_std"), "std", image);
  }
  manifest.preprocessing.Set("image", std::move(image));
  return OkStatus();
}

void ReadPooling(JsonValue root, api::Settings& postprocessing) {
  constexpr std::pair<const char*, const char*> kModes[] = {{"pooling_mode_cls_token", "cls"},
                                                            {"pooling_mode_mean_tokens", "mean"},
                                                            {"pooling_mode_max_tokens", "max"},
                                                            {"pooling_mode_lasttoken", "last_token"}};
  for (const auto& [key, pooling] : kModes) {
    if (root.Find(key).boolean()) postprocessing.Set("pooling", std::string(pooling));
  }
}

}  // namespace

Status ReadModelFolder(const std::string& folder, api::Manifest& manifest) {
  const std::filesystem::path path(folder);
  const std::string_view task = manifest.task;
  if (!api::IsTask(task)) return OkStatus();
  ONEDGE_ASSIGN_OR_RETURN(const auto config, ReadJson(path / "config.json"));
  if (!config) return NotFound((path / "config.json").string(), ": the file does not exist");
  const JsonValue root = config->root();
  ONEDGE_RETURN_IF_ERROR(ReadLabels(root.Find("id2label"), manifest));
  if (task == "text-classification" && root.Find("problem_type").string() == "multi_label_classification") {
    manifest.postprocessing.Set("function", std::string("sigmoid"));
  }
  if (api::TakesImages(task)) {
    ONEDGE_ASSIGN_OR_RETURN(const auto processor, ReadJson(path / "preprocessor_config.json"));
    return processor ? ReadImageProcessor(processor->root(), manifest) : OkStatus();
  }
  ONEDGE_ASSIGN_OR_RETURN(const auto tokenizer, ReadJson(path / "tokenizer_config.json"));
  if (tokenizer) {
    // A number of 30 digits stands for "any".
    if (const auto length = tokenizer->root().Find("model_max_length").Count(1 << 20)) {
      manifest.preprocessing.Set("max_length", static_cast<double>(*length));
    }
    const JsonValue mask = tokenizer->root().Find("mask_token");
    const std::string token((mask.is_object() ? mask.Find("content") : mask).string());
    if (api::HasSetting(task, "mask_token") && !token.empty()) manifest.postprocessing.Set("mask_token", token);
  }
  ONEDGE_ASSIGN_OR_RETURN(const auto pooling, ReadJson(path / "1_Pooling" / "config.json"));
  if (pooling && api::HasSetting(task, "pooling")) {
    ReadPooling(pooling->root(), manifest.postprocessing);
  }
  return OkStatus();
}

}  // namespace onedge::cli
