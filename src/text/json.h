// JSON, read and written: the only place that sees yyjson. A JsonDocument owns what was read, JsonValue is a view of
// one value in it, JsonWriter makes a text. Reading is not recursive: nesting costs no stack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/memory_budget.h"
#include "base/status.h"

struct yyjson_doc;
struct yyjson_val;
struct yyjson_mut_doc;
struct yyjson_mut_val;

namespace onedge {

// One value of a document, which it must not outlive; or none, for what is absent.
class JsonValue {
 public:
  JsonValue() = default;
  explicit JsonValue(yyjson_val* value) : value_(value) {}
  explicit operator bool() const { return value_ != nullptr; }

  bool is_null() const;
  bool is_bool() const;
  bool is_number() const;
  bool is_string() const;
  bool is_array() const;
  bool is_object() const;
  const char* type_name() const;  // "array", "string", "uint", ...; "unknown" for what is absent

  // The value, or false, 0 and "" for other types.
  bool boolean() const;
  double number() const;
  std::string_view string() const;
  // A whole number from 0 to `limit`; nullopt for anything else.
  std::optional<uint64_t> Count(uint64_t limit = UINT64_MAX) const;
  std::optional<int64_t> Integer() const;

  size_t size() const;  // elements of an array, members of an object, 0 for anything else
  // The member, which may be null; absent if there is none, or this is not an object.
  JsonValue Find(std::string_view name) const;

 private:
  friend class JsonCursor;
  friend class JsonWriter;
  yyjson_val* value_ = nullptr;
};

// Steps through an array or an object: `for (JsonCursor at(value); at.Next();) use(at.key(), at.value())`.
class JsonCursor {
 public:
  explicit JsonCursor(JsonValue container);
  bool Next();
  std::string_view key() const { return key_; }  // of an object
  JsonValue value() const { return value_; }

 private:
  size_t left_;
  bool object_;
  yyjson_val* next_;
  std::string_view key_;
  JsonValue value_;
};

class JsonDocument {
 public:
  // CorruptFile: "`name`: expected JSON, but at byte 3 of 20: unexpected character". The bytes are not needed
  // afterwards. ResourceExhausted: the values need more than `budget` has; it may be null, and otherwise outlives the
  // document.
  static Result<JsonDocument> Parse(std::span<const uint8_t> bytes, std::string_view name,
                                    MemoryBudget* budget = nullptr);
  static Result<JsonDocument> Parse(std::string_view text, std::string_view name);

  JsonValue root() const;

 private:
  struct Charge;
  struct Free {
    Charge* charge;  // owned; null: nothing is counted
    void operator()(yyjson_doc* document) const;
  };
  JsonDocument(yyjson_doc* document, Charge* charge) : document_(document, Free{charge}) {}
  std::unique_ptr<yyjson_doc, Free> document_;
};

// Appends `text` as a JSON string with its quotes, for those who write a large or specially laid out document by hand
// (tokenizer/formats/json_text.h, package/manifest.cc). REQUIRES: well-formed UTF-8.
void AppendQuoted(std::string& out, std::string_view text);

// Writes a document from front to back. Each value goes into the container that is open; in an object, Key comes first.
// The calls chain.
class JsonWriter {
 public:
  JsonWriter();
  ~JsonWriter();
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  JsonWriter& Object();  // open until End
  JsonWriter& Array();   // open until End
  JsonWriter& End();
  // The key of the next value. REQUIRES: an object is open.
  JsonWriter& Key(std::string_view key);

  JsonWriter& Null();
  JsonWriter& Bool(bool value);
  JsonWriter& Int(int64_t value);
  JsonWriter& Uint(uint64_t value);
  // null for what is not finite, which JSON cannot say.
  JsonWriter& Number(double value);
  // As Number, by the double with the fewest digits that rounds to `value`.
  JsonWriter& Float(float value);
  JsonWriter& Text(std::string_view text);
  // A value that is JSON already. It must live until ToString.
  JsonWriter& Raw(std::string_view json);
  // A value of a document, with all that is in it. Its texts must live until ToString.
  JsonWriter& Copy(JsonValue value);

  // InvalidArgument: a text is not UTF-8, which JSON has to be.
  Result<std::string> ToString(bool pretty = false) const;

 private:
  JsonWriter& Add(yyjson_mut_val* value);

  yyjson_mut_doc* document_;
  std::vector<yyjson_mut_val*> open_;  // outermost first
  yyjson_mut_val* key_ = nullptr;
};

}  // namespace onedge
