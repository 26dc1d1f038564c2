// Model::DescribeJson: what `onedge inspect --json` prints and JS shows as `description`.
#include <yyjson.h>

#include <cstdlib>

#include "api/model.h"

namespace onedge::api {
namespace {

void AddText(yyjson_mut_doc* doc, yyjson_mut_val* object, const char* key, std::string_view text) {
  yyjson_mut_obj_add_strncpy(doc, object, key, text.data(), text.size());
}

yyjson_mut_val* Shape(yyjson_mut_doc* doc, const graph::TypeInfo& type, const graph::SymbolTable& symbols) {
  if (!type.dims) return yyjson_mut_null(doc);
  yyjson_mut_val* dims = yyjson_mut_arr(doc);
  for (const graph::Dim& dim : *type.dims) {
    if (dim.known()) {
      yyjson_mut_arr_add_sint(doc, dims, dim.value);
    } else if (dim.symbol >= 0) {
      const std::string& name = symbols.names[static_cast<size_t>(dim.symbol)];
      yyjson_mut_arr_add_strncpy(doc, dims, name.data(), name.size());
    } else {
      yyjson_mut_arr_add_null(doc, dims);
    }
  }
  return dims;
}

yyjson_mut_val* Entries(yyjson_mut_doc* doc, const std::vector<runtime::SignatureEntry>& entries,
                        const graph::SymbolTable& symbols) {
  yyjson_mut_val* array = yyjson_mut_arr(doc);
  for (const runtime::SignatureEntry& entry : entries) {
    yyjson_mut_val* object = yyjson_mut_arr_add_obj(doc, array);
    AddText(doc, object, "name", entry.name);
    if (entry.type.is_tensor()) {
      AddText(doc, object, "dtype", DTypeName(entry.type.dtype));
      yyjson_mut_obj_add_val(doc, object, "shape", Shape(doc, entry.type, symbols));
    } else {
      AddText(doc, object, "type", entry.type.ToString(symbols));
    }
  }
  return array;
}

}  // namespace

std::string Model::DescribeJson() const {
  yyjson_mut_doc* doc = yyjson_mut_doc_new(nullptr);
  yyjson_mut_val* root = yyjson_mut_obj(doc);
  yyjson_mut_doc_set_root(doc, root);
  AddText(doc, root, "name", manifest_.name);
  AddText(doc, root, "version", manifest_.version);
  AddText(doc, root, "task", manifest_.task);
  AddText(doc, root, "license", manifest_.license);
  AddText(doc, root, "digest", digest_);
  yyjson_mut_val* labels = yyjson_mut_obj_add_arr(doc, root, "labels");
  for (const std::string& label : manifest_.labels) yyjson_mut_arr_add_strncpy(doc, labels, label.data(), label.size());

  yyjson_mut_val* signature = yyjson_mut_obj_add_obj(doc, root, "signature");
  yyjson_mut_obj_add_val(doc, signature, "inputs", Entries(doc, model_->inputs(), model_->symbols()));
  yyjson_mut_obj_add_val(doc, signature, "outputs", Entries(doc, model_->outputs(), model_->symbols()));

  yyjson_mut_val* opsets = yyjson_mut_obj_add_obj(doc, root, "opsets");
  for (const onnx::OpsetImport& import : opset_imports_) {
    yyjson_mut_val* key = import.domain.empty() ? yyjson_mut_str(doc, "ai.onnx")
                                                : yyjson_mut_strncpy(doc, import.domain.data(), import.domain.size());
    yyjson_mut_obj_add(opsets, key, yyjson_mut_sint(doc, import.version));
  }
  yyjson_mut_val* operators = yyjson_mut_obj_add_obj(doc, root, "operators");
  for (const auto& [name, count] : operators_) {
    yyjson_mut_obj_add(operators, yyjson_mut_strncpy(doc, name.data(), name.size()), yyjson_mut_uint(doc, count));
  }
  yyjson_mut_obj_add_uint(doc, root, "parameters", parameters_);
  yyjson_mut_obj_add_uint(doc, root, "fileBytes", file_bytes_);
  yyjson_mut_obj_add_uint(doc, root, "weightBytes", model_->resident_bytes());
  const std::string& manifest = manifest_.json;
  yyjson_mut_obj_add_val(
      doc, root, "manifest",
      manifest.empty() ? yyjson_mut_null(doc) : yyjson_mut_rawn(doc, manifest.data(), manifest.size()));

  std::string out;
  size_t size = 0;
  if (char* text = yyjson_mut_write(doc, YYJSON_WRITE_NOFLAG, &size)) {
    out.assign(text, size);
    std::free(text);
  }
  yyjson_mut_doc_free(doc);
  return out;
}

}  // namespace onedge::api
