// Model::DescribeJson: the output of `onedge inspect --json` and the `description` in JS.
#include "api/model.h"
#include "text/json.h"

namespace onedge::api {
namespace {

void WriteInfos(const std::vector<ValueInfo>& infos, JsonWriter& out) {
  out.Array();
  for (const ValueInfo& info : infos) {
    out.Object().Key("name").Text(info.name);
    if (info.dtype == DType::kUndefined) {
      out.Key("type").Text(info.type);
    } else if (!info.dims) {
      out.Key("dtype").Text(DTypeName(info.dtype)).Key("shape").Null();
    } else {
      out.Key("dtype").Text(DTypeName(info.dtype)).Key("shape").Array();
      for (const Dim& dim : *info.dims) {
        if (dim.size >= 0)
          out.Int(dim.size);
        else if (!dim.name.empty())
          out.Text(dim.name);
        else
          out.Null();
      }
      out.End();
    }
    out.End();
  }
  out.End();
}

}  // namespace

std::string Model::DescribeJson(bool optimized) const {
  JsonWriter out;
  out.Object();
  out.Key("name").Text(manifest().name);
  out.Key("version").Text(manifest().version);
  out.Key("task").Text(manifest().task);
  out.Key("license").Text(manifest().license);
  out.Key("digest").Text(digest());
  out.Key("labels").Array();
  for (const std::string& label : manifest().labels) out.Text(label);
  out.End();
  out.Key("signature").Object().Key("inputs");
  WriteInfos(inputs(), out);
  out.Key("outputs");
  WriteInfos(outputs(), out);
  out.End();
  out.Key("opsets").Object();
  for (const OpsetImport& import : opset_imports()) out.Key(import.domain).Int(import.version);
  out.End();
  out.Key("operators").Object();
  for (const auto& [name, count] : operators()) out.Key(name).Uint(count);
  out.End();
  if (optimized) {
    out.Key("optimizedOperators").Object();
    for (const auto& [name, count] : optimized_operators()) out.Key(name).Uint(count);
    out.End();
    out.Key("misses").Array();
    for (const std::string& line : misses()) out.Text(line);
    out.End();
  }
  out.Key("parameters").Uint(parameters());
  out.Key("fileBytes").Uint(file_bytes());
  out.Key("weightBytes").Uint(weight_bytes());
  out.Key("manifest");
  if (manifest().json.empty())
    out.Null();
  else
    out.Raw(manifest().json);
  out.End();
  Result<std::string> json = out.ToString();
  return json.ok() ? *std::move(json) : std::string();
}

}  // namespace onedge::api
