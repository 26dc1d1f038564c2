// Json: a view of one value of a parsed tokenizer.json with its path, so that every error names the place. Views are
// valid as long as their JsonDocument.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/memory_budget.h"
#include "text/json.h"

namespace onedge::tokenizer {

class Image;
class ImageTables;

// The place of the big tables of a tokenizer.json, unless it holds them itself, their receiver, and the budget for
// those that are built; each may be null.
struct Tables {
  const Image* from = nullptr;
  ImageTables* to = nullptr;
  MemoryReservation* memory = nullptr;
};

// Maximum depth of sequences of stages; real files have 2.
constexpr int kMaxStageDepth = 16;

class Json {
 public:
  Json(JsonValue value, std::string path, Tables tables = {}, int depth = 0)
      : value_(value), path_(std::move(path)), tables_(tables), depth_(depth) {}

  const std::string& path() const { return path_; }
  const Tables& tables() const { return tables_; }
  // The number of arrays of stages around this value.
  int depth() const { return depth_; }
  bool is_null() const { return value_.is_null(); }
  bool is_string() const { return value_.is_string(); }
  bool is_object() const { return value_.is_object(); }
  bool is_array() const { return value_.is_array(); }

  // CorruptFile with the path, the expected and the actual value.
  Status Expected(std::string_view what) const;
  // Unsupported, with the path and `what`.
  Status Unsupported(std::string_view what) const;

  Result<std::string_view> AsString() const;
  Result<bool> AsBool() const;
  Result<double> AsNumber() const;
  // A whole number in [0, limit].
  Result<uint64_t> AsCount(uint64_t limit = UINT32_MAX) const;
  // A token id: a whole number in [0, 2^31).
  Result<int32_t> AsId() const;

  // A member of an object: an error if it is missing or null, or if this is not an object.
  Result<Json> Member(std::string_view name) const;
  // nullopt if it is missing or null, or if this is not an object.
  std::optional<Json> Find(std::string_view name) const;
  Result<std::string> StringMember(std::string_view name) const;
  Result<bool> BoolMember(std::string_view name) const;
  Result<bool> BoolMember(std::string_view name, bool when_missing) const;

  size_t size() const { return value_.size(); }  // elements of an array, members of an object, 0 for all others
  // Calls visit(const Json& element) -> Status for each element of an array. CorruptFile if this is not an array.
  template <typename Visit>
  Status ForEach(const Visit& visit) const {
    ONEDGE_RETURN_IF_ERROR(CheckArray());
    Json element(JsonValue(), path_, tables_, depth_ + 1);  // reused, because merges and scores are long
    JsonCursor cursor(value_);
    for (size_t i = 0; cursor.Next(); ++i) {
      element.value_ = cursor.value();
      element.path_.resize(path_.size());
      element.path_.append("[").append(std::to_string(i)).append("]");
      ONEDGE_RETURN_IF_ERROR(visit(element));
    }
    return OkStatus();
  }
  // Calls visit(key, Json value) -> Status for each member of an object. CorruptFile if this is not an object.
  // The path of a value is made only if needed: vocabularies have many members.
  template <typename Visit>
  Status ForEachMember(const Visit& visit) const {
    ONEDGE_RETURN_IF_ERROR(CheckObject());
    Json member(JsonValue(), path_, tables_, depth_);
    for (JsonCursor cursor(value_); cursor.Next();) {
      member.value_ = cursor.value();
      if (Status status = visit(cursor.key(), member); !status.ok())
        return std::move(status).WithContext(StrCat("key '", cursor.key(), "'"));
    }
    return OkStatus();
  }

 private:
  Status CheckArray() const;
  Status CheckObject() const;

  JsonValue value_;
  std::string path_;
  Tables tables_;
  int depth_;
};

}  // namespace onedge::tokenizer
