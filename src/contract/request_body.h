// RequestBody: the JSON object of a request, and what its members say, checked.
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

  // Absent also where it is null.
  JsonValue Member(std::string_view name) const;

  Status ReadFlag(const char* name, bool& value) const;  // left as it is where the member is missing
  // Whether texts that are too long are cut, and on which side: settings of a task.
  Status ReadTruncation(package::Settings& settings) const;
  // `dimensions`, a setting of a task.
  Status ReadDimensions(package::Settings& settings) const;

  // A text, the ids of one, or an array of them.
  Status ReadTextsOrIds(const char* name, const Limits& limits, std::vector<tasks::TaskInput>& inputs) const;
  // A text, [text] or [text, pair], or an array of [text] and [text, pair]. `flat_pair`: it was one [text, pair].
  Status ReadPairs(const char* name, const Limits& limits, std::vector<tasks::TaskInput>& inputs, bool& single,
                   bool& flat_pair) const;
  // An array of texts.
  Status ReadTexts(const char* name, const Limits& limits, std::vector<std::string>& texts) const;

 private:
  explicit RequestBody(JsonDocument document) : document_(std::move(document)) {}

  JsonDocument document_;
};

// kResourceExhausted: more inputs than one request may have.
Status CheckBatch(const char* name, size_t count, const Limits& limits);
// Appends the token ids of an array. False: an element is not one.
bool ReadIds(JsonValue array, std::vector<int32_t>& ids);
// The value as JSON, cut where it is long; for messages.
std::string Shown(JsonValue value);

}  // namespace onedge::contract
