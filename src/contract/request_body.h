// RequestBody: the JSON object of a request, with checked access to its members.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "contract/contract.h"
#include "tasks/task_run.h"
#include "text/json.h"

namespace onedge::contract {

class RequestBody {
 public:
  // kInvalidArgument: the bytes are not a JSON object in UTF-8.
  static Result<RequestBody> Parse(std::span<const uint8_t> json);

  // A null member counts as absent.
  JsonValue Member(std::string_view name) const;

  Status ReadFlag(const char* name, bool& value) const;  // unchanged if the member is absent
  // Sets the task's settings for texts that are too long: whether they are cut, and on which side.
  Status ReadTruncation(package::Settings& settings) const;
  // Sets the task's setting `dimensions`.
  Status ReadDimensions(package::Settings& settings) const;

  // A text, the token ids of a text, or an array of these.
  Status ReadTextsOrIds(const char* name, const Limits& limits, std::vector<tasks::TaskInput>& inputs) const;
  // A text, [text] or [text, pair], or an array of [text] and [text, pair]. `flat_pair`: true if the member is one
  // [text, pair].
  Status ReadPairs(const char* name, const Limits& limits, std::vector<tasks::TaskInput>& inputs, bool& single,
                   bool& flat_pair) const;
  // An array of texts.
  Status ReadTexts(const char* name, const Limits& limits, std::vector<std::string>& texts) const;

 private:
  explicit RequestBody(JsonDocument document) : document_(std::move(document)) {}

  JsonDocument document_;
};

// kResourceExhausted if one request has too many inputs.
Status CheckBatch(const char* name, size_t count, const Limits& limits);
// Appends the token ids of an array. Returns false if an element is not a token id.
bool ReadIds(JsonValue array, std::vector<int32_t>& ids);
// The value as JSON, for messages; long values are cut.
std::string Shown(JsonValue value);

}  // namespace onedge::contract
