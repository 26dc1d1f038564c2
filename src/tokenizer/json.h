// Json: a view of one value of a parsed tokenizer.json that knows its own path, so that every complaint says where.
// Views live as long as their JsonDocument. Reading is not recursive: nesting costs no stack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

struct yyjson_doc;
struct yyjson_val;

namespace onedge::tokenizer {

class Image;
class ImageTables;

// Where the big tables of a tokenizer.json are, unless it holds them itself, and who wants them; both may be null.
struct Tables {
  const Image* from = nullptr;
  ImageTables* to = nullptr;
};

// Sequences of stages may nest this deep; real files have 2.
constexpr int kMaxStageDepth = 16;

class Json {
 public:
  Json(yyjson_val* value, std::string path, Tables tables = {}, int depth = 0)
      : value_(value), path_(std::move(path)), tables_(tables), depth_(depth) {}

  const std::string& path() const { return path_; }
  const Tables& tables() const { return tables_; }
  // How many arrays of stages this value is inside.
  int depth() const { return depth_; }
  bool is_null() const;
  bool is_string() const;
  bool is_object() const;
  bool is_array() const;

  // CorruptFile naming the path, what was expected and what came.
  Status Expected(std::string_view what) const;
  // Unsupported naming the path and `what` of it.
  Status Unsupported(std::string_view what) const;

  Result<std::string_view> AsString() const;
  Result<bool> AsBool() const;
  Result<double> AsNumber() const;
  // A whole number in [0, limit].
  Result<uint64_t> AsCount(uint64_t limit = UINT32_MAX) const;
  // A token id: a whole number in [0, 2^31).
  Result<int32_t> AsId() const;

  // A member of an object: a failure when it is missing, or null, or this is no object.
  Result<Json> Member(std::string_view name) const;
  // nullopt when it is missing or null, or this is no object.
  std::optional<Json> Find(std::string_view name) const;
  Result<std::string> StringMember(std::string_view name) const;
  Result<bool> BoolMember(std::string_view name) const;
  Result<bool> BoolMember(std::string_view name, bool when_missing) const;

  size_t size() const;  // elements of an array, members of an object, 0 of anything else
  // Calls visit(const Json& element) -> Status for each element of an array. CorruptFile when this is none.
  template <typename Visit>
  Status ForEach(const Visit& visit) const {
    ONEDGE_RETURN_IF_ERROR(CheckArray());
    Cursor cursor(value_, false);
    Json element(nullptr, path_, tables_, depth_ + 1);  // one for all: merges and scores are many
    for (size_t i = 0; (element.value_ = cursor.Next(nullptr)); ++i) {
      element.path_.resize(path_.size());
      element.path_.append("[").append(std::to_string(i)).append("]");
      ONEDGE_RETURN_IF_ERROR(visit(element));
    }
    return OkStatus();
  }
  // Calls visit(key, Json value) -> Status for each member of an object. CorruptFile when this is none.
  // The value's path is not made until it is needed: vocabularies have many.
  template <typename Visit>
  Status ForEachMember(const Visit& visit) const {
    ONEDGE_RETURN_IF_ERROR(CheckObject());
    Cursor cursor(value_, true);
    std::string_view key;
    Json member(nullptr, path_, tables_, depth_);
    while ((member.value_ = cursor.Next(&key))) {
      if (Status status = visit(key, member); !status.ok())
        return std::move(status).WithContext(StrCat("key '", key, "'"));
    }
    return OkStatus();
  }

 private:
  class Cursor {
   public:
    Cursor(yyjson_val* container, bool object);
    yyjson_val* Next(std::string_view* key);

   private:
    size_t left_;
    bool object_;
    yyjson_val* next_;
  };
  Status CheckArray() const;
  Status CheckObject() const;

  yyjson_val* value_;
  std::string path_;
  Tables tables_;
  int depth_;
};

class JsonDocument {
 public:
  // `name`: the file's, for complaints. It must outlive the document.
  static Result<JsonDocument> Parse(std::span<const uint8_t> bytes, std::string_view name = "tokenizer.json");
  JsonDocument(JsonDocument&& other) noexcept
      : document_(std::exchange(other.document_, nullptr)), name_(other.name_) {}
  JsonDocument& operator=(JsonDocument&&) = delete;
  ~JsonDocument();

  Json root(Tables tables = {}) const;

 private:
  JsonDocument(yyjson_doc* document, std::string_view name) : document_(document), name_(name) {}
  yyjson_doc* document_;
  std::string_view name_;
};

}  // namespace onedge::tokenizer
