#include "tokenizer/json.h"

#include <yyjson.h>

namespace onedge::tokenizer {

Result<JsonDocument> JsonDocument::Parse(std::span<const uint8_t> bytes, std::string_view name) {
  yyjson_read_err error;
  // Not read in place: the flag that forbids writing makes the cast harmless.
  char* text = const_cast<char*>(reinterpret_cast<const char*>(bytes.data()));
  yyjson_doc* document = yyjson_read_opts(text, bytes.size(), YYJSON_READ_NOFLAG, nullptr, &error);
  if (!document) {
    return CorruptFile(name, ": expected JSON, but at byte ", error.pos, " of ", bytes.size(), ": ", error.msg);
  }
  return JsonDocument(document, name);
}

JsonDocument::~JsonDocument() { yyjson_doc_free(document_); }

Json JsonDocument::root(Tables tables) const {
  return Json(yyjson_doc_get_root(document_), std::string(name_), tables);
}

bool Json::is_null() const { return yyjson_is_null(value_); }
bool Json::is_string() const { return yyjson_is_str(value_); }
bool Json::is_object() const { return yyjson_is_obj(value_); }
bool Json::is_array() const { return yyjson_is_arr(value_); }

Status Json::Expected(std::string_view what) const {
  if (yyjson_is_num(value_)) return CorruptFile(path_, ": expected ", what, ", got ", yyjson_get_num(value_));
  if (yyjson_is_str(value_)) {
    const std::string_view text(yyjson_get_str(value_), yyjson_get_len(value_));
    return CorruptFile(path_, ": expected ", what, ", got '", text.substr(0, 60), text.size() > 60 ? "...'" : "'");
  }
  return CorruptFile(path_, ": expected ", what, ", got ", yyjson_get_type_desc(value_));
}

Status Json::Unsupported(std::string_view what) const {
  return onedge::Unsupported(path_, ": ", what, " is not supported by this build");
}

Result<std::string_view> Json::AsString() const {
  if (!yyjson_is_str(value_)) return Expected("a string");
  return std::string_view(yyjson_get_str(value_), yyjson_get_len(value_));
}

Result<bool> Json::AsBool() const {
  if (!yyjson_is_bool(value_)) return Expected("true or false");
  return yyjson_get_bool(value_);
}

Result<double> Json::AsNumber() const {
  if (!yyjson_is_num(value_)) return Expected("a number");
  return yyjson_get_num(value_);
}

Result<uint64_t> Json::AsCount(uint64_t limit) const {
  if (!yyjson_is_uint(value_) || yyjson_get_uint(value_) > limit)
    return Expected(StrCat("a whole number from 0 to ", limit));
  return yyjson_get_uint(value_);
}

Result<int32_t> Json::AsId() const {
  ONEDGE_ASSIGN_OR_RETURN(const uint64_t id, AsCount(INT32_MAX));
  return static_cast<int32_t>(id);
}

Result<Json> Json::Member(std::string_view name) const {
  ONEDGE_RETURN_IF_ERROR(CheckObject());
  if (std::optional<Json> member = Find(name)) return *std::move(member);
  return CorruptFile(path_, ": expected a member '", name, "', but it is missing or null");
}

std::optional<Json> Json::Find(std::string_view name) const {
  yyjson_val* member = yyjson_obj_getn(value_, name.data(), name.size());
  if (!member || yyjson_is_null(member)) return std::nullopt;
  return Json(member, StrCat(path_, ".", name), tables_, depth_);
}

Result<std::string> Json::StringMember(std::string_view name) const {
  ONEDGE_ASSIGN_OR_RETURN(const Json member, Member(name));
  ONEDGE_ASSIGN_OR_RETURN(const std::string_view text, member.AsString());
  return std::string(text);
}

Result<bool> Json::BoolMember(std::string_view name) const {
  ONEDGE_ASSIGN_OR_RETURN(const Json member, Member(name));
  return member.AsBool();
}

Result<bool> Json::BoolMember(std::string_view name, bool when_missing) const {
  const std::optional<Json> member = Find(name);
  return member ? member->AsBool() : Result<bool>(when_missing);
}

size_t Json::size() const { return yyjson_get_len(value_) * (is_array() || is_object()); }

Json::Cursor::Cursor(yyjson_val* container, bool object)
    : left_(yyjson_get_len(container)), object_(object), next_(unsafe_yyjson_get_first(container)) {}

yyjson_val* Json::Cursor::Next(std::string_view* key) {
  if (left_ == 0) return nullptr;
  --left_;
  yyjson_val* value = next_;
  if (object_) {
    *key = std::string_view(yyjson_get_str(value), yyjson_get_len(value));
    ++value;
  }
  if (left_ > 0) next_ = unsafe_yyjson_get_next(value);
  return value;
}

Status Json::CheckArray() const { return is_array() ? OkStatus() : Expected("an array"); }
Status Json::CheckObject() const { return is_object() ? OkStatus() : Expected("an object"); }

}  // namespace onedge::tokenizer
