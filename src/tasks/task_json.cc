#include "tasks/task_json.h"

namespace onedge::tasks {
namespace {

Status ReadText(JsonValue value, std::string& out) {
  if (!value.is_string()) return InvalidArgument("expected a text, got ", value.type_name());
  out = value.string();
  return OkStatus();
}

Status ReadTexts(JsonValue value, std::vector<std::string>& texts) {
  if (!value.is_array()) return InvalidArgument("expected an array of texts, got ", value.type_name());
  for (JsonCursor at(value); at.Next();) ONEDGE_RETURN_IF_ERROR(ReadText(at.value(), texts.emplace_back()));
  return OkStatus();
}

Status ReadIds(JsonValue value, std::vector<int32_t>& ids) {
  bool right = value.is_array();
  for (JsonCursor at(value); right && at.Next();) {
    const auto id = at.value().Count(INT32_MAX);
    right = id.has_value();
    ids.push_back(static_cast<int32_t>(id.value_or(0)));
  }
  return right ? OkStatus() : InvalidArgument("expected an array of token ids");
}

// Sets the name of a part to `key`, if the part has no name yet.
Status Name(std::string_view key, std::string& name) {
  if (!name.empty()) return InvalidArgument("expected only one of this and '", name, "'");
  name = key;
  return OkStatus();
}

Status ReadMember(std::string_view key, JsonValue value, TaskInput& input) {
  if (key == "text" || key == "question" || key == "query" || key == "source_sentence") {
    ONEDGE_RETURN_IF_ERROR(Name(key, input.text_name));
    return ReadText(value, input.text);
  }
  if (key == "text_pair" || key == "context") {
    ONEDGE_RETURN_IF_ERROR(Name(key, input.pair_name));
    return ReadText(value, input.pair.emplace());
  }
  if (key == "texts" || key == "sentences") {
    ONEDGE_RETURN_IF_ERROR(Name(key, input.texts_name));
    return ReadTexts(value, input.texts.emplace());
  }
  if (key == "ids") return ReadIds(value, input.ids.emplace());
  size_t* number = key == "width"      ? &input.image.width
                   : key == "height"   ? &input.image.height
                   : key == "channels" ? &input.image.channels
                                       : nullptr;
  if (!number) return InvalidArgument("no task has such an input");
  const auto given = value.Count(SIZE_MAX);
  if (!given) return InvalidArgument("expected a whole number");
  *number = static_cast<size_t>(*given);
  return OkStatus();
}

Status ReadPair(JsonValue value, TaskInput& input) {
  JsonCursor at(value);
  at.Next();
  ONEDGE_RETURN_IF_ERROR(ReadText(at.value(), input.text));
  at.Next();
  return ReadText(at.value(), input.pair.emplace());
}

Status ReadInput(JsonValue value, TaskInput& input) {
  if (value.is_array() && value.size() == 2) return ReadPair(value, input);
  if (!value.is_object()) return ReadText(value, input.text);
  for (JsonCursor at(value); at.Next();) {
    Status status = ReadMember(at.key(), at.value(), input);
    if (!status.ok()) return std::move(status).WithContext(StrCat("'", at.key(), "'"));
  }
  if (input.ids && !input.text_name.empty()) {
    return InvalidArgument("expected only one of 'ids' and '", input.text_name, "'");
  }
  if (!input.text_name.empty() || input.ids || input.image.width > 0) return OkStatus();
  return InvalidArgument("expected a text ('text', 'question', 'query' or 'source_sentence') or an image with a width");
}

}  // namespace

Result<std::vector<TaskInput>> ParseTaskInputs(std::string_view json) {
  const Result<JsonDocument> document = JsonDocument::Parse(json, "inputs");
  if (!document.ok()) return InvalidArgument(document.status().message());
  if (!document->root().is_array()) {
    return InvalidArgument("inputs: expected an array, got ", document->root().type_name());
  }
  std::vector<TaskInput> inputs;
  for (JsonCursor at(document->root()); at.Next();) {
    Status status = ReadInput(at.value(), inputs.emplace_back());
    if (!status.ok()) return std::move(status).WithContext(StrCat("input ", inputs.size() - 1));
  }
  return inputs;
}

Result<std::string> WriteTaskAnswer(const TaskRun& run, size_t input, bool as_float) {
  AnswerWriter json(as_float);
  run.task().WriteJson(input, json);
  return json.ToString();
}

Result<std::string> WriteTaskAnswers(const TaskRun& run, bool as_float) {
  AnswerWriter json(as_float);
  json.Array();
  for (size_t i = 0; i < run.size(); ++i) run.task().WriteJson(i, json);
  json.End();
  return json.ToString();
}

}  // namespace onedge::tasks
