// Reads and writes JSON; the only file that uses yyjson. A JsonDocument owns the parsed values, JsonValue is a view of
// one value in it, JsonWriter writes a text. Reading is not recursive: nested values need no stack.
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

namespace onedge {

// One value of a document, or absent. Valid as long as the document.
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
  const char* type_name() const;  // "array", "string", "uint", ...; "unknown" if absent

  // The value; false, 0 and "" for other types. A number that is too large is infinite.
  bool boolean() const;
  double number() const;
  std::string_view string() const;
  // A whole number from 0 to `limit`; nullopt for anything else.
  std::optional<uint64_t> Count(uint64_t limit = UINT64_MAX) const;
  std::optional<int64_t> Integer() const;

  size_t size() const;  // elements of an array, members of an object, 0 for all others
  // The member, which may be null. Absent if the object has no such member, or if this is not an object.
  JsonValue Find(std::string_view name) const;

 private:
  friend class JsonCursor;
  friend class JsonWriter;
  yyjson_val* value_ = nullptr;
};

// Iterates over an array or an object: `for (JsonCursor at(value); at.Next();) use(at.key(), at.value())`.
class JsonCursor {
 public:
  explicit JsonCursor(JsonValue container);
  bool Next();
  std::string_view key() const { return key_; }  // only in an object
  JsonValue value() const { return value_; }

 private:
  size_t left_;
  bool object_;
  yyjson_val* next_;
  std::string_view key_;
  JsonValue value_;
};

// How the numbers of a document are read.
enum class JsonNumbers {
  kNearest,  // a number with a fraction or an exponent is the double nearest to it
  // As serde_json reads them, with which Hugging Face reads tokenizer.json: digits and power of ten are rounded on
  // their own, so that some numbers differ in the last bit.
  kSerde,
};

class JsonDocument {
 public:
  // CorruptFile: "`name`: expected JSON, but at byte 3 of 20: unexpected character". The bytes are not needed
  // afterwards. ResourceExhausted: the values need more memory than `budget` allows; it may be null, and must outlive
  // the document.
  static Result<JsonDocument> Parse(std::span<const uint8_t> bytes, std::string_view name,
                                    MemoryBudget* budget = nullptr, JsonNumbers numbers = JsonNumbers::kNearest);
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

// Appends `text` as a JSON string with its quotes, for code that writes a large document, or one with a special layout,
// by hand (tokenizer/formats/json_text.h, package/manifest.cc). REQUIRES: well-formed UTF-8.
void AppendQuoted(std::string& out, std::string_view text);

// Writes a document from front to back. Each value goes into the open container; in an object, Key comes first.
// The calls chain.
class JsonWriter {
 public:
  JsonWriter() = default;
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  JsonWriter& Object();  // open until End()
  JsonWriter& Array();   // open until End()
  JsonWriter& End();
  // The key of the next value. REQUIRES: an object is open.
  JsonWriter& Key(std::string_view key);

  JsonWriter& Null();
  JsonWriter& Bool(bool value);
  JsonWriter& Int(int64_t value);
  JsonWriter& Uint(uint64_t value);
  // Infinities and NaN become null, because JSON cannot express them.
  JsonWriter& Number(double value);
  // Like Number, with the fewest digits that read back as the same float.
  JsonWriter& Float(float value);
  JsonWriter& Text(std::string_view text);
  // A value that is JSON text.
  JsonWriter& Raw(std::string_view json);
  // A value of a document, with all values inside.
  JsonWriter& Copy(JsonValue value);

  // InvalidArgument: a text is not UTF-8, which JSON requires.
  Result<std::string> ToString() const;

 private:
  void Quote(std::string_view text);

  std::string out_;
  std::string ends_;   // of the open containers, outermost first
  bool first_ = true;  // no comma comes before the next value
  bool is_utf8_ = true;
};

}  // namespace onedge
