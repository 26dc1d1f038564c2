// A JSON document that the command line prints; wraps yyjson's mutable documents.
#pragma once

#include <yyjson.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace onedge::cli {

class Json {
 public:
  Json() : doc_(yyjson_mut_doc_new(nullptr)) {}
  ~Json() { yyjson_mut_doc_free(doc_); }
  Json(const Json&) = delete;
  Json& operator=(const Json&) = delete;

  yyjson_mut_doc* doc() { return doc_; }
  yyjson_mut_val* Object() { return yyjson_mut_obj(doc_); }
  yyjson_mut_val* Array() { return yyjson_mut_arr(doc_); }
  yyjson_mut_val* Text(std::string_view text) { return yyjson_mut_strncpy(doc_, text.data(), text.size()); }
  void Set(yyjson_mut_val* object, const char* key, yyjson_mut_val* value) {
    yyjson_mut_obj_add_val(doc_, object, key, value);
  }
  // float32 as the shortest decimals that read back the same.
  yyjson_mut_val* Float(float value);

  std::string ToString(yyjson_mut_val* root, bool pretty);

 private:
  yyjson_mut_doc* doc_;
};

}  // namespace onedge::cli
