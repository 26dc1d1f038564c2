#include "text/json.h"

#include <yyjson.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "base/decimal.h"
#include "base/str_cat.h"
#include "text/unicode/utf8.h"

#if defined(__wasm__)
// src/base/yyjson_numbers_wasm.cc. Of yyjson's writer, the module has nothing.
extern "C" int onedge_snprintf(char* out, size_t size, const char* format, ...);
#endif

namespace onedge {
namespace {

// The double with the fewest digits that rounds to `value`.
double Shortest(float value) {
  double out = 0;
  for (int digits = 6; digits <= 9 && static_cast<float>(out) != value; ++digits) {
    out = ParseNumber(FormatNumber(static_cast<double>(value), digits).c_str());
  }
  return out;
}

// The fewest digits that read back as `value`, which is finite; with a point or an exponent.
std::string NumberText(double value) {
#if defined(__wasm__)
  char text[32];
  const int size = onedge_snprintf(text, sizeof(text), "%.*g", 17, value);
  std::string out(text, static_cast<size_t>(size));
  if (out.find_first_of(".e") == std::string::npos) out += ".0";
  return out;
#else
  yyjson_val number{};
  yyjson_set_real(&number, value);
  size_t size = 0;
  char* const text = yyjson_val_write_opts(&number, YYJSON_WRITE_NOFLAG, nullptr, &size, nullptr);
  std::string out(text, size);
  std::free(text);
  return out;
#endif
}

// 10^exponent, which is in [0, 308].
double PowerOfTen(int exponent) { return ParseNumber(StrCat("1e", exponent).c_str()); }

// As `f64_from_parts` of serde_json 1.0 (de.rs, without the feature "float_roundtrip"): the first digits that fit into
// 64 bits, rounded to a double, times or divided by a power of ten. REQUIRES: `text` is a number of a JSON document.
double SerdeNumber(std::string_view text) {
  uint64_t digits = 0;
  int exponent = 0;
  bool full = false, fraction = false;
  const bool negative = text[0] == '-';
  size_t i = negative;
  for (; i < text.size() && (text[i] | 0x20) != 'e'; ++i) {
    if (text[i] == '.') {
      fraction = true;
      continue;
    }
    const uint64_t digit = static_cast<uint64_t>(text[i] - '0');
    full = full || digits > (UINT64_MAX - digit) / 10;
    if (!full) digits = digits * 10 + digit;
    exponent += (full ? 1 : 0) - (fraction ? 1 : 0);
  }
  if (i < text.size()) {
    const bool down = text[++i] == '-';
    int64_t written = 0;
    for (i += down || text[i] == '+'; i < text.size(); ++i)
      written = std::min<int64_t>(written * 10 + text[i] - '0', INT32_MAX / 2);
    exponent += static_cast<int>(down ? -written : written);
  }
  double value = static_cast<double>(digits);
  for (; exponent < -308 && value != 0; exponent += 308) value /= 1e308;
  if (value != 0) {
    if (exponent < 0)
      value /= PowerOfTen(-exponent);
    else
      value *= exponent > 308 ? std::numeric_limits<double>::infinity() : PowerOfTen(exponent);
  }
  return negative ? -value : value;
}

std::string_view RawText(yyjson_val* value) {
  return yyjson_is_raw(value) ? std::string_view(yyjson_get_raw(value), yyjson_get_len(value)) : std::string_view();
}

// The whole number in `digits`; nullopt if there is another character, or if it does not fit.
std::optional<uint64_t> WholeNumber(std::string_view digits) {
  uint64_t value = 0;
  for (const char c : digits) {
    const uint64_t digit = static_cast<uint64_t>(c - '0');
    if (digit > 9 || value > (UINT64_MAX - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

}  // namespace

bool JsonValue::is_null() const { return yyjson_is_null(value_); }
bool JsonValue::is_bool() const { return yyjson_is_bool(value_); }
bool JsonValue::is_number() const { return yyjson_is_num(value_) || yyjson_is_raw(value_); }
bool JsonValue::is_string() const { return yyjson_is_str(value_); }
bool JsonValue::is_array() const { return yyjson_is_arr(value_); }
bool JsonValue::is_object() const { return yyjson_is_obj(value_); }
const char* JsonValue::type_name() const { return yyjson_get_type_desc(value_); }

bool JsonValue::boolean() const { return yyjson_get_bool(value_); }
double JsonValue::number() const {
  return yyjson_is_raw(value_) ? SerdeNumber(RawText(value_)) : yyjson_get_num(value_);
}
std::string_view JsonValue::string() const {
  return is_string() ? std::string_view(yyjson_get_str(value_), yyjson_get_len(value_)) : std::string_view();
}

std::optional<uint64_t> JsonValue::Count(uint64_t limit) const {
  std::optional<uint64_t> count;
  if (yyjson_is_raw(value_)) count = WholeNumber(RawText(value_));
  if (yyjson_is_uint(value_)) count = yyjson_get_uint(value_);
  return count && *count <= limit ? count : std::nullopt;
}

std::optional<int64_t> JsonValue::Integer() const {
  if (const std::string_view text = RawText(value_); !text.empty()) {
    const bool negative = text[0] == '-';
    const auto size = WholeNumber(text.substr(negative));
    if (!size || *size > static_cast<uint64_t>(INT64_MAX) + negative) return std::nullopt;
    return static_cast<int64_t>(negative ? 0 - *size : *size);
  }
  if (yyjson_is_uint(value_) && yyjson_get_uint(value_) > INT64_MAX) return std::nullopt;
  if (!yyjson_is_int(value_)) return std::nullopt;
  return yyjson_get_sint(value_);
}

size_t JsonValue::size() const { return yyjson_is_ctn(value_) ? yyjson_get_len(value_) : 0; }

JsonValue JsonValue::Find(std::string_view name) const {
  return JsonValue(yyjson_obj_getn(value_, name.data(), name.size()));
}

JsonCursor::JsonCursor(JsonValue container)
    : left_(container.size()),
      object_(container.is_object()),
      next_(left_ > 0 ? unsafe_yyjson_get_first(container.value_) : nullptr) {}

bool JsonCursor::Next() {
  if (left_ == 0) return false;
  --left_;
  yyjson_val* value = next_;
  if (object_) {
    key_ = std::string_view(yyjson_get_str(value), yyjson_get_len(value));
    ++value;
  }
  if (left_ > 0) next_ = unsafe_yyjson_get_next(value);
  value_ = JsonValue(value);
  return true;
}

// yyjson's memory under a budget. Each block begins with its size.
struct JsonDocument::Charge {
  static constexpr size_t kHeader = 16;
  MemoryReservation memory;
  Status refused;  // the budget's error, if any

  bool Take(size_t size) {
    Status status = memory.Grow(size + kHeader);
    if (!status.ok()) refused = std::move(status);
    return refused.ok();
  }
  static size_t& SizeOf(void* block) { return *reinterpret_cast<size_t*>(static_cast<char*>(block) - kHeader); }

  static void* Malloc(void* self, size_t size) {
    Charge& charge = *static_cast<Charge*>(self);
    if (!charge.Take(size)) return nullptr;
    return charge.Begin(std::malloc(size + kHeader), size);
  }
  // Counts the old and the new block at once, because realloc may need both.
  static void* Realloc(void* self, void* block, size_t, size_t size) {
    Charge& charge = *static_cast<Charge*>(self);
    if (!charge.Take(size)) return nullptr;
    const size_t old = SizeOf(block);
    void* const moved = charge.Begin(std::realloc(static_cast<char*>(block) - kHeader, size + kHeader), size);
    if (moved) charge.memory.Shrink(old + kHeader);
    return moved;
  }
  static void Release(void* self, void* block) {
    static_cast<Charge*>(self)->memory.Shrink(SizeOf(block) + kHeader);
    std::free(static_cast<char*>(block) - kHeader);
  }

 private:
  void* Begin(void* allocation, size_t size) {
    if (!allocation) {
      memory.Shrink(size + kHeader);
      return nullptr;
    }
    void* const block = static_cast<char*>(allocation) + kHeader;
    SizeOf(block) = size;
    return block;
  }
};

void JsonDocument::Free::operator()(yyjson_doc* document) const {
  yyjson_doc_free(document);
  delete charge;
}

Result<JsonDocument> JsonDocument::Parse(std::span<const uint8_t> bytes, std::string_view name, MemoryBudget* budget,
                                         JsonNumbers numbers) {
  std::unique_ptr<Charge> charge;
  yyjson_alc allocator{};
  if (budget) {
    charge = std::make_unique<Charge>();
    charge->memory = MemoryReservation(budget);
    allocator = {Charge::Malloc, Charge::Realloc, Charge::Release, charge.get()};
  }
  yyjson_read_err error;
  // Does not read in place: without the flag for that, yyjson only reads, so the cast is safe.
  char* text = const_cast<char*>(reinterpret_cast<const char*>(bytes.data()));
  const yyjson_read_flag flags = numbers == JsonNumbers::kSerde ? YYJSON_READ_NUMBER_AS_RAW : YYJSON_READ_NOFLAG;
  yyjson_doc* document = yyjson_read_opts(text, bytes.size(), flags, budget ? &allocator : nullptr, &error);
  if (!document) {
    if (charge && !charge->refused.ok()) return std::move(charge->refused).WithContext(name);
    return CorruptFile(name, ": expected JSON, but at byte ", error.pos, " of ", bytes.size(), ": ", error.msg);
  }
  return JsonDocument(document, charge.release());
}

Result<JsonDocument> JsonDocument::Parse(std::string_view text, std::string_view name) {
  return Parse(std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()), name);
}

JsonValue JsonDocument::root() const { return JsonValue(yyjson_doc_get_root(document_.get())); }

void AppendQuoted(std::string& out, std::string_view text) {
  ONEDGE_DCHECK(unicode::IsWellFormed(text));
  constexpr char kDigits[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const uint8_t byte = static_cast<uint8_t>(c);
    if (byte < 0x20) {
      out += "\\u00";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

JsonWriter& JsonWriter::Raw(std::string_view json) {
  if (!first_) out_ += ',';
  first_ = false;
  out_ += json;
  return *this;
}

void JsonWriter::Quote(std::string_view text) {
  is_utf8_ = is_utf8_ && unicode::IsWellFormed(text);
  constexpr std::string_view kShort = "\b\t\n\f\r\"\\", kLetters = "btnfr\"\\";
  Raw("\"");
  for (const char c : text) {
    const uint8_t byte = static_cast<uint8_t>(c);
    if (byte >= 0x20 && c != '"' && c != '\\') {
      out_ += c;
    } else if (const size_t letter = kShort.find(c); letter != std::string_view::npos) {
      (out_ += '\\') += kLetters[letter];
    } else {
      ((out_ += "\\u00") += "01"[byte >> 4]) += "0123456789ABCDEF"[byte & 15];
    }
  }
  out_ += '"';
}

JsonWriter& JsonWriter::Object() {
  Raw("{");
  ends_ += '}';
  first_ = true;
  return *this;
}
JsonWriter& JsonWriter::Array() {
  Raw("[");
  ends_ += ']';
  first_ = true;
  return *this;
}
JsonWriter& JsonWriter::End() {
  out_ += ends_.back();
  ends_.pop_back();
  first_ = false;
  return *this;
}
JsonWriter& JsonWriter::Key(std::string_view key) {
  ONEDGE_DCHECK(!ends_.empty() && ends_.back() == '}');
  Quote(key);
  out_ += ':';
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::Null() { return Raw("null"); }
JsonWriter& JsonWriter::Bool(bool value) { return Raw(value ? "true" : "false"); }
JsonWriter& JsonWriter::Int(int64_t value) { return Raw(std::to_string(value)); }
JsonWriter& JsonWriter::Uint(uint64_t value) { return Raw(std::to_string(value)); }
JsonWriter& JsonWriter::Number(double value) { return std::isfinite(value) ? Raw(NumberText(value)) : Null(); }
JsonWriter& JsonWriter::Float(float value) { return std::isfinite(value) ? Number(Shortest(value)) : Null(); }
JsonWriter& JsonWriter::Text(std::string_view text) {
  Quote(text);
  return *this;
}

JsonWriter& JsonWriter::Copy(JsonValue value) {
  std::vector<JsonCursor> open;
  for (;;) {
    if (value.is_object() || value.is_array()) {
      value.is_object() ? Object() : Array();
      open.emplace_back(value);
    } else if (value.is_string()) {
      Text(value.string());
    } else if (yyjson_is_raw(value.value_)) {
      Raw(RawText(value.value_));
    } else if (const auto count = value.Count()) {
      Uint(*count);
    } else if (const auto integer = value.Integer()) {
      Int(*integer);
    } else if (value.is_number()) {
      Number(value.number());
    } else {
      value.is_bool() ? Bool(value.boolean()) : Null();
    }
    while (!open.empty() && !open.back().Next()) {
      End();
      open.pop_back();
    }
    if (open.empty()) return *this;
    if (ends_.back() == '}') Key(open.back().key());
    value = open.back().value();
  }
}

Result<std::string> JsonWriter::ToString() const {
  if (!is_utf8_) return InvalidArgument("a text is not UTF-8, which JSON has to be");
  return out_;
}

}  // namespace onedge
