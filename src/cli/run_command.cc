// onedge run: a model on text, an image or tensors.
#include <chrono>
#include <cstdio>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/image_file.h"
#include "cli/json.h"
#include "cli/tensor_text.h"

namespace onedge::cli {
namespace {

struct RunOptions {
  std::string model;
  std::vector<std::string> texts;
  std::string image;
  std::vector<std::string> inputs;
  size_t top_k = 1;
  bool json = false;
  std::string device = "auto";
  size_t threads = 0;
};

using Ranking = std::vector<tasks::LabelScore>;

void PrintRankings(const std::vector<std::string>& subjects, const std::vector<Ranking>& rankings, bool as_json) {
  if (!as_json) {
    for (size_t i = 0; i < rankings.size(); ++i) {
      if (rankings.size() > 1) std::printf("%s\n", subjects[i].c_str());
      for (const auto& [label, score] : rankings[i])
        std::printf("%-12s %.4f\n", label.c_str(), static_cast<double>(score));
    }
    return;
  }
  Json json;
  yyjson_mut_val* array = json.Array();
  for (const Ranking& ranking : rankings) {
    yyjson_mut_val* labels = yyjson_mut_arr_add_arr(json.doc(), array);
    for (const auto& [label, score] : ranking) {
      yyjson_mut_val* entry = yyjson_mut_arr_add_obj(json.doc(), labels);
      json.Set(entry, "label", json.Text(label));
      json.Set(entry, "score", json.Float(score));
    }
  }
  std::printf("%s\n", json.ToString(array, false).c_str());
}

Status RunTexts(api::Session& session, const RunOptions& options) {
  if (session.model().manifest().task == "feature-extraction") {
    Json json;
    yyjson_mut_val* array = json.Array();
    for (const std::string& text : options.texts) {
      ONEDGE_ASSIGN_OR_RETURN(const std::vector<float> vector, session.Embed(text));
      yyjson_mut_val* numbers = yyjson_mut_arr_add_arr(json.doc(), array);
      for (float value : vector) yyjson_mut_arr_append(numbers, json.Float(value));
    }
    std::printf("%s\n", json.ToString(array, false).c_str());
    return OkStatus();
  }
  std::vector<Ranking> rankings;
  for (const std::string& text : options.texts) {
    ONEDGE_ASSIGN_OR_RETURN(Ranking ranking, session.ClassifyText(text, options.top_k));
    rankings.push_back(std::move(ranking));
  }
  PrintRankings(options.texts, rankings, options.json);
  return OkStatus();
}

Status RunImage(api::Session& session, const RunOptions& options) {
  ONEDGE_ASSIGN_OR_RETURN(const ImageFile image, ReadImage(options.image));
  ONEDGE_ASSIGN_OR_RETURN(
      Ranking ranking, session.ClassifyImage({image.pixels, image.width, image.height, image.channels}, options.top_k));
  PrintRankings({options.image}, {std::move(ranking)}, options.json);
  return OkStatus();
}

Status RunTensors(api::Session& session, const RunOptions& options) {
  std::vector<runtime::NamedValue> inputs;
  for (const std::string& input : options.inputs) {
    const size_t equals = input.find('=');
    if (equals == std::string::npos) return InvalidArgument("--input: expected NAME=FILE.npy, got '", input, "'");
    ONEDGE_ASSIGN_OR_RETURN(Tensor tensor, ReadNpy(input.substr(equals + 1)));
    inputs.push_back({std::string_view(input).substr(0, equals), std::move(tensor)});
  }
  ONEDGE_ASSIGN_OR_RETURN(const std::span<const Value> outputs, session.Run(inputs));
  const auto& signature = session.model().runtime_model().outputs();
  if (!options.json) {
    for (size_t i = 0; i < outputs.size(); ++i) {
      std::printf("%s: %s %s\n", signature[i].name.c_str(), outputs[i].ToString().c_str(), Preview(outputs[i]).c_str());
    }
    return OkStatus();
  }
  Json json;
  yyjson_mut_val* object = json.Object();
  for (size_t i = 0; i < outputs.size(); ++i) {
    ONEDGE_ASSIGN_OR_RETURN(yyjson_mut_val * tensor, ToJson(json, outputs[i]));
    yyjson_mut_obj_add(object, json.Text(signature[i].name), tensor);
  }
  std::printf("%s\n", json.ToString(object, false).c_str());
  return OkStatus();
}

Status Run(const RunOptions& options) {
  if (options.device == "cuda") return Unsupported("--device cuda: this build has no CUDA backend; use cpu or auto");
  const int kinds = !options.texts.empty() + !options.image.empty() + !options.inputs.empty();
  ONEDGE_ASSIGN_OR_RETURN(const std::shared_ptr<const api::Model> model, LoadModel(options.model));
  if (kinds > 1 || (kinds == 0 && !model->runtime_model().inputs().empty())) {
    return InvalidArgument("run: give --text, --image or --input NAME=FILE.npy (one kind of them)");
  }
  const std::unique_ptr<ThreadPool> threads = options.threads == 1 ? nullptr : ThreadPool::Create(options.threads);
  ONEDGE_ASSIGN_OR_RETURN(const std::unique_ptr<api::Session> session, model->CreateSession(threads.get()));
  if (!options.texts.empty()) return RunTexts(*session, options);
  if (!options.image.empty()) return RunImage(*session, options);
  return RunTensors(*session, options);
}

}  // namespace

void AddRunCommand(CLI::App& app, Status& result) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand("run", "Run a model on text, an image or tensors");
  command->add_option("model", options->model, ".onnx or .onedge file")->required();
  command->add_option("--text", options->texts, "a text to classify or embed (repeatable)");
  command->add_option("--image", options->image, "an image file to classify");
  command->add_option("--input", options->inputs, "NAME=FILE.npy, one for each input of the model (repeatable)");
  command->add_option("--top-k", options->top_k, "how many labels; 0: all")->capture_default_str();
  command->add_flag("--json", options->json, "one JSON document on stdout");
  command->add_option("--device", options->device, "where to run")
      ->check(CLI::IsMember({"cpu", "cuda", "auto"}))
      ->capture_default_str();
  command->add_option("--threads", options->threads, "threads; 0: one for each core")->capture_default_str();
  command->callback([options, &result] { result = Run(*options); });
}

}  // namespace onedge::cli
