// onedge inspect: describes a model.
#include <cstdio>

#include "cli/commands.h"
#include "cli/files.h"

namespace onedge::cli {
namespace {

struct InspectOptions {
  std::string model;
  bool json = false;
  bool optimized = false;
  bool why = false;
};

void PrintLine(const char* key, const std::string& value) {
  if (!value.empty()) std::printf("%-12s %s\n", key, value.c_str());
}

std::string CountsOf(const std::vector<std::pair<std::string, size_t>>& operators) {
  std::string out;
  for (const auto& [name, count] : operators) out += StrCat(out.empty() ? "" : ", ", name, " x", count);
  return out;
}

void PrintForPeople(const api::Model& model, const InspectOptions& options) {
  const api::Manifest& manifest = model.manifest();
  PrintLine("name", manifest.name);
  PrintLine("version", manifest.version);
  PrintLine("task", manifest.task);
  PrintLine("license", manifest.license);
  if (!manifest.labels.empty()) {
    std::string labels;
    for (const std::string& label : manifest.labels) labels += (labels.empty() ? "" : ", ") + label;
    PrintLine("labels", StrCat(manifest.labels.size(), ": ", labels));
  }
  for (const auto& input : model.inputs()) PrintLine("input", StrCat(input.name, "  ", input.type));
  for (const auto& output : model.outputs()) PrintLine("output", StrCat(output.name, "  ", output.type));
  for (const auto& import : model.opset_imports()) PrintLine("opset", StrCat(import.domain, " ", import.version));
  PrintLine("operators", CountsOf(model.operators()));
  if (options.optimized) PrintLine("optimized", CountsOf(model.optimized_operators()));
  PrintLine("parameters", StrCat(model.parameters()));
  PrintLine("file", StrCat(model.file_bytes(), " bytes"));
  PrintLine("memory", StrCat(model.weight_bytes(), " bytes of weights, once loaded"));
  PrintLine("digest", "sha256:" + model.digest());
  for (const std::string& miss : model.misses()) PrintLine("why", miss);
}

Status Inspect(const InspectOptions& options) {
  ONEDGE_ASSIGN_OR_RETURN(const std::shared_ptr<const api::Model> model,
                          LoadModel(options.model, {.keep_misses = options.why}));
  if (options.json) {
    std::printf("%s\n", model->DescribeJson(options.optimized || options.why).c_str());
  } else {
    PrintForPeople(*model, options);
  }
  return OkStatus();
}

}  // namespace

void AddInspectCommand(CLI::App& app, Status& result) {
  auto options = std::make_shared<InspectOptions>();
  CLI::App* command = app.add_subcommand("inspect", "Show inputs, outputs, operators, memory and digest of a model");
  command->add_option("model", options->model, ".onnx or .onedge file")->required();
  command->add_flag("--json", options->json, "one JSON document on stdout");
  command->add_flag("--optimized", options->optimized, "the operators after optimization, too");
  command->add_flag("--why", options->why,
                    "for each node that looked like a fusion and is not one: pass, node, reason");
  command->callback([options, &result] { result = Inspect(*options); });
}

}  // namespace onedge::cli
