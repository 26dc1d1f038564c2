// onedge run: runs a model on text, an image or tensors.
#include <cstdio>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/image_file.h"
#include "cli/profile.h"
#include "cli/setting.h"
#include "cli/tensor_text.h"

namespace onedge::cli {
namespace {

struct RunOptions {
  std::string model;
  std::vector<std::string> texts;
  std::string pair;
  std::string context;
  std::string query;
  std::vector<std::string> images;
  std::vector<std::string> inputs;
  std::string task;
  std::vector<std::string> candidate_labels;
  std::vector<std::string> settings;
  std::optional<uint64_t> top_k;
  bool json = false;
  bool profile = false;
  bool no_optimize = false;
  std::string device = "auto";
  size_t threads = 0;
};

// The task settings in the options.
Result<api::Settings> SettingsOf(const RunOptions& options) {
  api::Settings settings;
  for (const std::string& setting : options.settings) {
    ONEDGE_ASSIGN_OR_RETURN(const api::Settings parsed, ParseSetting(setting));
    for (const auto& entry : parsed.entries()) settings.Set(entry.name, entry.value);
  }
  if (!options.task.empty()) settings.Set("task", options.task);
  if (options.top_k) settings.Set("top_k", static_cast<double>(*options.top_k));
  if (!options.candidate_labels.empty()) settings.Set("candidate_labels", options.candidate_labels);
  return settings;
}

// Answers without a text form, such as vectors, are always printed as JSON.
Status RunTask(api::Session& session, std::vector<api::TaskInput> inputs, const std::vector<std::string>& subjects,
               const RunOptions& options, Profile& profile) {
  ONEDGE_ASSIGN_OR_RETURN(const api::Settings settings, SettingsOf(options));
  ONEDGE_ASSIGN_OR_RETURN(const auto run, session.StartTask(std::move(inputs), settings));
  for (bool more = true; more;) {
    ONEDGE_ASSIGN_OR_RETURN(more, profile.Measure([&](const api::RunOptions& each) { return run->Step(each); }));
  }
  std::string text;
  bool readable = !options.json;
  for (size_t i = 0; readable && i < run->inputs().size(); ++i) {
    if (run->inputs().size() > 1) text += subjects[i] + "\n";
    readable = run->AnswerText(i, text);
  }
  if (!readable) {
    ONEDGE_ASSIGN_OR_RETURN(const std::string json, run->AnswersJson());
    if (options.json) return profile.PrintJson(json);
    text = json + "\n";
  }
  std::fwrite(text.data(), 1, text.size(), stdout);
  return OkStatus();
}

Status RunTexts(api::Session& session, const RunOptions& options, Profile& profile) {
  std::vector<api::TaskInput> inputs;
  if (!options.query.empty()) {
    inputs.push_back({.text = options.query, .texts = options.texts});
    return RunTask(session, std::move(inputs), {options.query}, options, profile);
  }
  const std::string& second = options.context.empty() ? options.pair : options.context;
  for (const std::string& text : options.texts) {
    inputs.push_back({.text = text});
    if (!second.empty()) inputs.back().pair = second;
  }
  return RunTask(session, std::move(inputs), options.texts, options, profile);
}

Status RunImages(api::Session& session, const RunOptions& options, Profile& profile) {
  std::vector<ImageFile> files;
  for (const std::string& path : options.images) {
    ONEDGE_ASSIGN_OR_RETURN(ImageFile file, ReadImage(path));
    files.push_back(std::move(file));
  }
  std::vector<api::TaskInput> inputs;
  for (const ImageFile& file : files) {
    inputs.emplace_back().image = {file.pixels, file.width, file.height, file.channels};
  }
  return RunTask(session, std::move(inputs), options.images, options, profile);
}

Status RunTensors(api::Session& session, const RunOptions& options, Profile& profile) {
  std::vector<api::NamedValue> inputs;
  for (const std::string& input : options.inputs) {
    const size_t equals = input.find('=');
    if (equals == std::string::npos) return InvalidArgument("--input: expected NAME=FILE.npy, got '", input, "'");
    ONEDGE_ASSIGN_OR_RETURN(Tensor tensor, ReadNpy(input.substr(equals + 1)));
    inputs.push_back({std::string_view(input).substr(0, equals), std::move(tensor)});
  }
  ONEDGE_ASSIGN_OR_RETURN(const std::span<const Value> outputs,
                          profile.Measure([&](const api::RunOptions& each) { return session.Run(inputs, each); }));
  const auto& signature = session.model().outputs();
  if (!options.json) {
    for (size_t i = 0; i < outputs.size(); ++i) {
      std::printf("%s: %s %s\n", signature[i].name.c_str(), outputs[i].ToString().c_str(), Preview(outputs[i]).c_str());
    }
    return OkStatus();
  }
  JsonWriter out;
  out.Object();
  for (size_t i = 0; i < outputs.size(); ++i) {
    out.Key(signature[i].name);
    ONEDGE_RETURN_IF_ERROR(WriteJson(outputs[i], out));
  }
  out.End();
  ONEDGE_ASSIGN_OR_RETURN(const std::string json, out.ToString());
  return profile.PrintJson(json);
}

Status Run(const RunOptions& options) {
  const int kinds = !options.texts.empty() + !options.images.empty() + !options.inputs.empty();
  ONEDGE_ASSIGN_OR_RETURN(
      const std::shared_ptr<const api::Model> model,
      LoadModel(options.model, {.device = options.device, .digest = false, .optimize = !options.no_optimize}));
  if (kinds > 1 || (kinds == 0 && !model->inputs().empty())) {
    return InvalidArgument("run: pass --text, --image or --input NAME=FILE.npy, only one kind");
  }
  const std::unique_ptr<ThreadPool> threads = options.threads == 1 ? nullptr : ThreadPool::Create(options.threads);
  ONEDGE_ASSIGN_OR_RETURN(const std::unique_ptr<api::Session> session, model->CreateSession(threads.get()));
  Profile profile(options.profile);
  const auto run = !options.texts.empty() ? RunTexts : !options.images.empty() ? RunImages : RunTensors;
  ONEDGE_RETURN_IF_ERROR(run(*session, options, profile));
  if (!options.json) profile.PrintTable();
  return OkStatus();
}

}  // namespace

void AddRunCommand(CLI::App& app, Status& result) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand("run", "Run a model on text, an image or tensors");
  command->add_option("model", options->model, ".onnx or .onedge file")->required();
  // With a vector of texts, CLI11 would take [MASK] for a list.
  command
      ->add_option_function<std::string>(
          "--text", [options](const std::string& text) { options->texts.push_back(text); },
          "a text, or a question (repeatable)")
      ->trigger_on_parse();
  command->add_option("--pair", options->pair, "the second text of each pair");
  command->add_option("--context", options->context, "the text that contains the answer to each question");
  command->add_option("--query", options->query, "the text that the others are compared with or ranked for");
  command->add_option("--image", options->images, "an image file (repeatable)");
  command->add_option("--input", options->inputs, "NAME=FILE.npy, one for each input of the model (repeatable)");
  command->add_flag("--no-optimize", options->no_optimize, "run every operator as the file has it");
  command->add_option("--task", options->task, "another task than the model's own");
  command
      ->add_option("--candidate-labels", options->candidate_labels,
                   "labels for zero-shot classification, separated by commas")
      ->delimiter(',');
  command->add_option("--option", options->settings,
                      "NAME=VALUE, any option of the task, e.g. threshold=0.5 (repeatable)");
  command->add_option("--top-k", options->top_k, "number of answers; 0: all; default: the task's");
  command->add_flag("--json", options->json, "one JSON document on stdout");
  command->add_flag("--profile", options->profile,
                    "where the time went: a table on stderr; with --json in the document");
  command->add_option("--device", options->device, "where to run: cpu, cuda or auto")->capture_default_str();
  command->add_option("--threads", options->threads, "threads; 0: one for each core")->capture_default_str();
  command->callback([options, &result] { result = Run(*options); });
}

}  // namespace onedge::cli
