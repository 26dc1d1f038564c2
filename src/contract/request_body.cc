#include "contract/request_body.h"

#include <algorithm>

namespace onedge::contract {
namespace {

template <typename Predicate>
bool AllOf(JsonValue array, Predicate predicate) {
  for (JsonCursor at(array); at.Next();) {
    if (!predicate(at.value())) return false;
  }
  return true;
}

bool IsText(JsonValue value) { return value.is_string(); }
bool IsIds(JsonValue value) {
  return value.is_array() && value.size() > 0 && AllOf(value, [](JsonValue id) { return id.is_number(); });
}
bool IsTextOrPair(JsonValue value) {
  return value.is_array() && (value.size() == 1 || value.size() == 2) && AllOf(value, IsText);
}

// Reads a text, or the token ids of a text.
Status ReadTextOrIds(JsonValue value, tasks::TaskInput& input) {
  if (value.is_string()) {
    input.text = value.string();
    return OkStatus();
  }
  if (ReadIds(value, input.ids.emplace())) return OkStatus();
  return InvalidArgument("expected token ids from 0 on, got ", Shown(value));
}

void ReadTextOrPair(JsonValue value, tasks::TaskInput& input) {
  JsonCursor at(value);
  if (at.Next()) input.text = at.value().string();
  if (at.Next()) input.pair = at.value().string();
}

}  // namespace

Result<RequestBody> RequestBody::Parse(std::span<const uint8_t> json) {
  Result<JsonDocument> document = JsonDocument::Parse(json, "the request's body");
  if (!document.ok()) return InvalidArgument(document.status().message());
  if (!document->root().is_object()) return InvalidArgument("the request's body is not a JSON object");
  return RequestBody(std::move(*document));
}

JsonValue RequestBody::Member(std::string_view name) const {
  const JsonValue value = document_.root().Find(name);
  return value.is_null() ? JsonValue() : value;
}

Status RequestBody::ReadFlag(const char* name, bool& value) const {
  const JsonValue member = Member(name);
  if (!member) return OkStatus();
  if (!member.is_bool()) return InvalidArgument(name, ": expected true or false, got ", Shown(member));
  value = member.boolean();
  return OkStatus();
}

Status RequestBody::ReadTruncation(package::Settings& settings) const {
  bool truncate = false;
  ONEDGE_RETURN_IF_ERROR(ReadFlag("truncate", truncate));
  settings.Set("truncation", truncate);
  std::string side = "right";
  if (const JsonValue direction = Member("truncation_direction")) {
    side = direction.string();
    for (char& c : side) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (side != "left" && side != "right") {
      return InvalidArgument("truncation_direction: expected left or right, got ", Shown(direction));
    }
  }
  settings.Set("truncation_side", side);
  return OkStatus();
}

Status RequestBody::ReadDimensions(package::Settings& settings) const {
  const JsonValue dimensions = Member("dimensions");
  if (!dimensions) return OkStatus();
  const auto count = dimensions.Count();
  if (!count || *count == 0) {
    return InvalidArgument("dimensions: expected a whole number of at least 1, got ", Shown(dimensions));
  }
  settings.Set("dimensions", static_cast<double>(*count));
  return OkStatus();
}

Status RequestBody::ReadTextsOrIds(const char* name, const Limits& limits,
                                   std::vector<tasks::TaskInput>& inputs) const {
  const JsonValue given = Member(name);
  Status status;
  if (given.is_string() || IsIds(given)) {
    status = ReadTextOrIds(given, inputs.emplace_back());
  } else {
    if (!given.is_array() || given.size() == 0) {
      return InvalidArgument(name, ": expected a text or an array of them");
    }
    ONEDGE_RETURN_IF_ERROR(CheckBatch(name, given.size(), limits));
    for (JsonCursor at(given); at.Next() && status.ok();) {
      if (!at.value().is_string() && !IsIds(at.value())) {
        return InvalidArgument(name, ": expected texts or arrays of token ids, got ", Shown(at.value()));
      }
      status = ReadTextOrIds(at.value(), inputs.emplace_back());
    }
  }
  return status.ok() ? status : std::move(status).WithContext(name);
}

Status RequestBody::ReadPairs(const char* name, const Limits& limits, std::vector<tasks::TaskInput>& inputs,
                              bool& single, bool& flat_pair) const {
  const JsonValue given = Member(name);
  single = given.is_string() || IsTextOrPair(given);
  flat_pair = single && given.size() == 2;
  if (given.is_string()) {
    inputs.emplace_back().text = given.string();
    return OkStatus();
  }
  if (single) {
    ReadTextOrPair(given, inputs.emplace_back());
    return OkStatus();
  }
  if (!given.is_array() || given.size() == 0) return InvalidArgument(name, ": expected a text or an array of them");
  ONEDGE_RETURN_IF_ERROR(CheckBatch(name, given.size(), limits));
  for (JsonCursor at(given); at.Next();) {
    if (!IsTextOrPair(at.value())) {
      return InvalidArgument(name, ": expected a text, a pair, or an array of [text] and [text, pair]; got ",
                             Shown(at.value()));
    }
    ReadTextOrPair(at.value(), inputs.emplace_back());
  }
  return OkStatus();
}

Status RequestBody::ReadTexts(const char* name, const Limits& limits, std::vector<std::string>& texts) const {
  const JsonValue given = Member(name);
  if (!given.is_array() || given.size() == 0 || !AllOf(given, IsText)) {
    return InvalidArgument(name, ": expected an array of texts");
  }
  ONEDGE_RETURN_IF_ERROR(CheckBatch(name, given.size(), limits));
  for (JsonCursor at(given); at.Next();) texts.emplace_back(at.value().string());
  return OkStatus();
}

Status CheckBatch(const char* name, size_t count, const Limits& limits) {
  if (count <= limits.batch) return OkStatus();
  return ResourceExhausted(name, ": expected at most ", limits.batch, " in one request, got ", count);
}

bool ReadIds(JsonValue array, std::vector<int32_t>& ids) {
  for (JsonCursor at(array); at.Next();) {
    const auto id = at.value().Count(INT32_MAX);
    if (!id) return false;
    ids.push_back(static_cast<int32_t>(*id));
  }
  return true;
}

std::string Shown(JsonValue value) {
  JsonWriter json;
  json.Copy(value);
  const Result<std::string> text = json.ToString();
  return text.ok() ? text->substr(0, 60) : "another value";
}

}  // namespace onedge::contract
