#include "server/metadata.h"

#include <algorithm>
#include <cmath>

#include "text/json.h"

namespace onedge::server {
namespace {

void WriteLimit(JsonWriter& out, std::string_view key, uint64_t limit) {
  out.Key(key);
  if (limit == UINT64_MAX)
    out.Null();
  else
    out.Uint(limit);
}

// text-embeddings-inference's type of a model, with its labels.
void WriteModelType(JsonWriter& out, std::string_view task, JsonValue labels, JsonValue settings) {
  out.Key("model_type");
  if (task == "feature-extraction" || task == "sentence-similarity") {
    const JsonValue pooling = settings.Find("pooling");
    out.Object()
        .Key("embedding")
        .Object()
        .Key("pooling")
        .Text(pooling.is_string() ? pooling.string() : "mean")
        .End()
        .End();
    return;
  }
  const bool ranks = task == "text-ranking";
  if (!ranks && !task.ends_with("-classification")) {
    out.Null();
    return;
  }
  out.Object().Key(ranks ? "reranker" : "classifier").Object();
  out.Key("id2label").Object();
  size_t id = 0;
  for (JsonCursor at(labels); at.Next();) out.Key(std::to_string(id++)).Copy(at.value());
  out.End().Key("label2id").Object();
  id = 0;
  for (JsonCursor at(labels); at.Next();) out.Key(at.value().string()).Uint(id++);
  out.End().End().End();
}

// The Open Inference Protocol's name of an ONNX type, or ONNX's name in capitals if the protocol has none.
std::string DataType(std::string_view dtype) {
  if (dtype == "float16") return "FP16";
  if (dtype == "bfloat16") return "BF16";
  if (dtype == "float32") return "FP32";
  if (dtype == "float64") return "FP64";
  if (dtype == "string" || dtype.empty()) return "BYTES";
  std::string name(dtype);
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return name;
}

void WriteTensors(JsonWriter& out, JsonValue tensors) {
  out.Array();
  for (JsonCursor at(tensors); at.Next();) {
    out.Object().Key("name").Copy(at.value().Find("name"));
    out.Key("datatype").Text(DataType(at.value().Find("dtype").string()));
    out.Key("shape").Array();
    for (JsonCursor dim(at.value().Find("shape")); dim.Next();) out.Int(dim.value().Integer().value_or(-1));
    out.End().End();
  }
  out.End();
}

void AppendEscaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
}

}  // namespace

Result<std::string> InfoJson(const ServedModel& model, const WorkerOptions& options) {
  ONEDGE_ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(model.description, "the description"));
  const JsonValue root = document.root();
  const JsonValue manifest = root.Find("manifest");
  const JsonValue preprocessing = manifest.Find("preprocessing"), postprocessing = manifest.Find("postprocessing");
  JsonWriter out;
  out.Object().Key("model_id").Text(model.name);
  out.Key("model_sha").Text(root.Find("digest").string());
  out.Key("file_digest").Null();
  out.Key("version").Text(model.version);
  for (const char* key : {"task", "labels", "signature"}) {
    out.Key(key);
    if (const JsonValue value = root.Find(key))
      out.Copy(value);
    else
      out.Null();
  }
  WriteModelType(out, root.Find("task").string(), root.Find("labels"), postprocessing);
  const uint64_t longest = preprocessing.Find("max_length").Count().value_or(UINT64_MAX);
  WriteLimit(out, "max_input_length", std::min(longest, options.limits.tokens));
  WriteLimit(out, "max_batch_tokens", options.limits.batch_tokens);
  WriteLimit(out, "max_client_batch_size", options.limits.batch);
  out.Key("max_concurrent_requests").Uint(options.sessions + options.queue);
  out.Key("auto_truncate").Bool(false);
  out.Key("tokenization_workers").Uint(options.sessions);
  out.Key("build").Text("native");
  out.End();
  return out.ToString();
}

Result<std::string> ModelMetadataJson(const ServedModel& model, const std::vector<ServedModelPtr>& versions) {
  ONEDGE_ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(model.description, "the description"));
  const JsonValue signature = document.root().Find("signature");
  JsonWriter out;
  out.Object().Key("name").Text(model.name);
  out.Key("versions").Array();
  for (const ServedModelPtr& one : versions) out.Text(one->version);
  out.End().Key("platform").Text("onnx");
  out.Key("inputs");
  WriteTensors(out, signature.Find("inputs"));
  out.Key("outputs");
  WriteTensors(out, signature.Find("outputs"));
  out.End();
  return out.ToString();
}

std::string Page(const ServedModels& models) {
  std::string page =
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
      "<title>onedge</title><style>body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 "
      "1rem}"
      "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid "
      "#8884}"
      "@media(prefers-color-scheme:dark){body{background:#111;color:#eee}a{color:#8cf}}</style>"
      "<h1>onedge</h1><table><tr><th>model<th>version<th>task<th>inputs</tr>";
  for (const auto& [name, versions] : models.all()) {
    for (const ServedModelPtr& model : versions) {
      page += "<tr><td>";
      AppendEscaped(page, model->name);
      page += "<td>";
      AppendEscaped(page, model->version);
      page += "<td>";
      AppendEscaped(page, model->model->manifest().task);
      page += "<td>";
      for (const api::ValueInfo& input : model->model->inputs())
        AppendEscaped(page, input.name + ": " + input.type + " ");
      page += "</tr>";
    }
  }
  return page +
         "</table><p><a href=\"/openapi.yaml\">All routes</a>, <a href=\"/metrics\">metrics</a>, <a "
         "href=\"/info\">info</a></p></html>";
}

}  // namespace onedge::server
