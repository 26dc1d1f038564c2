#include "tokenizer/json.h"

#include <cmath>

namespace onedge::tokenizer {

Status Json::Expected(std::string_view what) const {
  if (value_.is_number()) return CorruptFile(path_, ": expected ", what, ", got ", value_.number());
  if (value_.is_string()) {
    const std::string_view text = value_.string();
    return CorruptFile(path_, ": expected ", what, ", got '", text.substr(0, 60), text.size() > 60 ? "...'" : "'");
  }
  return CorruptFile(path_, ": expected ", what, ", got ", value_.type_name());
}

Status Json::Unsupported(std::string_view what) const {
  return onedge::Unsupported(path_, ": ", what, " is not supported by this build");
}

Result<std::string_view> Json::AsString() const {
  if (!value_.is_string()) return Expected("a string");
  return value_.string();
}

Result<bool> Json::AsBool() const {
  if (!value_.is_bool()) return Expected("true or false");
  return value_.boolean();
}

Result<double> Json::AsNumber() const {
  if (!value_.is_number()) return Expected("a number");
  if (!std::isfinite(value_.number())) return Expected("a number within a double's range");
  return value_.number();
}

Result<uint64_t> Json::AsCount(uint64_t limit) const {
  if (const auto count = value_.Count(limit)) return *count;
  return Expected(StrCat("a whole number from 0 to ", limit));
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
  const JsonValue member = value_.Find(name);
  if (!member || member.is_null()) return std::nullopt;
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

Status Json::CheckArray() const { return is_array() ? OkStatus() : Expected("an array"); }
Status Json::CheckObject() const { return is_object() ? OkStatus() : Expected("an object"); }

}  // namespace onedge::tokenizer
