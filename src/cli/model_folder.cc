#include "cli/model_folder.h"

#include <yyjson.h>

#include <filesystem>

#include "cli/files.h"
#include "tasks/task.h"

namespace onedge::cli {
namespace {

using JsonFile = std::unique_ptr<yyjson_doc, void (*)(yyjson_doc*)>;

// Null where there is no such file.
Result<JsonFile> ReadJson(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return JsonFile(nullptr, yyjson_doc_free);
  ONEDGE_ASSIGN_OR_RETURN(std::vector<uint8_t> bytes, ReadFile(path.string()));
  yyjson_read_err error;
  JsonFile file(
      yyjson_read_opts(reinterpret_cast<char*>(bytes.data()), bytes.size(), YYJSON_READ_NOFLAG, nullptr, &error),
      yyjson_doc_free);
  if (!file || !yyjson_is_obj(yyjson_doc_get_root(file.get()))) {
    return CorruptFile(path.string(), ": ", file ? "expected an object" : error.msg);
  }
  return file;
}

std::string TextOf(yyjson_val* value) { return yyjson_is_str(value) ? yyjson_get_str(value) : ""; }

Status ReadLabels(yyjson_val* id2label, package::Manifest& manifest) {
  for (size_t i = 0; i < yyjson_obj_size(id2label); ++i) {
    yyjson_val* label = yyjson_obj_get(id2label, std::to_string(i).c_str());
    if (!yyjson_is_str(label)) return CorruptFile("config.json: id2label has no label for ", i);
    manifest.labels.push_back(TextOf(label));
  }
  return OkStatus();
}

// {"height", "width"}, {"shortest_edge", "longest_edge"}, or a number.
void ReadSize(yyjson_val* size, bool crop, package::Settings& image) {
  if (yyjson_is_num(size)) {
    if (crop) {
      image.Set("width", yyjson_get_num(size));
      image.Set("height", yyjson_get_num(size));
    } else {
      image.Set("shortest_edge", yyjson_get_num(size));
    }
    return;
  }
  for (const char* name : {"width", "height", "shortest_edge", "longest_edge"}) {
    yyjson_val* value = yyjson_obj_get(size, name);
    if (yyjson_is_num(value)) image.Set(name, yyjson_get_num(value));
  }
}

void ReadNumbers(yyjson_val* list, const char* name, package::Settings& image) {
  std::vector<double> numbers;
  yyjson_arr_iter iter = yyjson_arr_iter_with(list);
  while (yyjson_val* value = yyjson_arr_iter_next(&iter)) numbers.push_back(yyjson_get_num(value));
  if (!numbers.empty()) image.Set(name, std::move(numbers));
}

Status ReadImageProcessor(yyjson_val* root, package::Manifest& manifest) {
  // Unless the file says otherwise, as in Hugging Face's processors.
  const auto does = [&](const char* step, bool otherwise) {
    yyjson_val* value = yyjson_obj_get(root, step);
    return yyjson_is_bool(value) ? yyjson_get_bool(value) : otherwise;
  };
  package::Settings image;
  ReadSize(yyjson_obj_get(root, "size"), false, image);
  if (does("do_center_crop", yyjson_obj_get(root, "crop_size") != nullptr)) {
    ReadSize(yyjson_obj_get(root, "crop_size"), true, image);
  }
  yyjson_val* resample = yyjson_obj_get(root, "resample");
  if (yyjson_is_int(resample)) {
    const int64_t filter = yyjson_get_sint(resample);
    if (filter != 0 && filter != 2 && filter != 3) {
      return Unsupported("preprocessor_config.json: resample ", filter,
                         "; known are 0 (nearest), 2 (bilinear), 3 (bicubic)");
    }
    image.Set("resample", std::string(filter == 0 ? "nearest" : filter == 2 ? "bilinear" : "bicubic"));
  }
  yyjson_val* factor = yyjson_obj_get(root, "rescale_factor");
  image.Set("scale", !does("do_rescale", true) ? 1.0 : yyjson_is_num(factor) ? yyjson_get_num(factor) : 1.0 / 255);
  if (does("do_normalize", true)) {
    ReadNumbers(yyjson_obj_get(root, "image_mean"), "mean", image);
    ReadNumbers(yyjson_obj_get(root, "image_std"), "std", image);
  }
  manifest.preprocessing.Set("image", std::move(image));
  return OkStatus();
}

void ReadPooling(yyjson_val* root, package::Settings& postprocessing) {
  constexpr std::pair<const char*, const char*> kModes[] = {{"pooling_mode_cls_token", "cls"},
                                                            {"pooling_mode_mean_tokens", "mean"},
                                                            {"pooling_mode_max_tokens", "max"},
                                                            {"pooling_mode_lasttoken", "last_token"}};
  for (const auto& [key, pooling] : kModes) {
    if (yyjson_is_true(yyjson_obj_get(root, key))) postprocessing.Set("pooling", std::string(pooling));
  }
}

}  // namespace

Status ReadModelFolder(const std::string& folder, package::Manifest& manifest) {
  const std::filesystem::path path(folder);
  const auto task = tasks::TaskOf(manifest.task);
  if (!task) return OkStatus();
  ONEDGE_ASSIGN_OR_RETURN(const JsonFile config, ReadJson(path / "config.json"));
  if (!config) return NotFound((path / "config.json").string(), ": there is no such file");
  yyjson_val* root = yyjson_doc_get_root(config.get());
  ONEDGE_RETURN_IF_ERROR(ReadLabels(yyjson_obj_get(root, "id2label"), manifest));
  if (*task == tasks::Task::kTextClassification &&
      TextOf(yyjson_obj_get(root, "problem_type")) == "multi_label_classification") {
    manifest.postprocessing.Set("function", std::string("sigmoid"));
  }
  if (tasks::TakesImages(*task)) {
    ONEDGE_ASSIGN_OR_RETURN(const JsonFile processor, ReadJson(path / "preprocessor_config.json"));
    return processor ? ReadImageProcessor(yyjson_doc_get_root(processor.get()), manifest) : OkStatus();
  }
  ONEDGE_ASSIGN_OR_RETURN(const JsonFile tokenizer, ReadJson(path / "tokenizer_config.json"));
  if (tokenizer) {
    yyjson_val* length = yyjson_obj_get(yyjson_doc_get_root(tokenizer.get()), "model_max_length");
    // A number of 30 digits stands for "any".
    if (yyjson_is_uint(length) && yyjson_get_uint(length) <= 1 << 20) {
      manifest.preprocessing.Set("max_length", static_cast<double>(yyjson_get_uint(length)));
    }
    yyjson_val* mask = yyjson_obj_get(yyjson_doc_get_root(tokenizer.get()), "mask_token");
    const std::string token = TextOf(yyjson_is_obj(mask) ? yyjson_obj_get(mask, "content") : mask);
    if (*task == tasks::Task::kFillMask && !token.empty()) manifest.postprocessing.Set("mask_token", token);
  }
  ONEDGE_ASSIGN_OR_RETURN(const JsonFile pooling, ReadJson(path / "1_Pooling" / "config.json"));
  if (pooling && (*task == tasks::Task::kFeatureExtraction || *task == tasks::Task::kSentenceSimilarity)) {
    ReadPooling(yyjson_doc_get_root(pooling.get()), manifest.postprocessing);
  }
  return OkStatus();
}

}  // namespace onedge::cli
