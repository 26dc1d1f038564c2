#include "tasks/task.h"

namespace onedge::tasks {

void Task::Start(const std::vector<TaskInput>* inputs) {
  inputs_ = inputs;
  Reserve(inputs->size());
}

Status Task::CheckLabels() const {
  return labels().empty()
             ? InvalidArgument(name(), " needs labels, and the package has none; pack the model with --labels FILE")
             : OkStatus();
}

Status CheckParts(std::string_view task, const InputForm& form, const TaskInput& input) {
  if ((form.kind == InputKind::kImages) != (input.image.width > 0)) {
    return InvalidArgument(task, " takes ", form.kind == InputKind::kImages ? "images" : "texts");
  }
  if (form.kind == InputKind::kImages) return OkStatus();
  if (input.ids && (!form.ids || input.pair || input.texts))
    return InvalidArgument(task, " takes texts, not token ids");
  const auto fits = [](const char* expected, bool given, const std::string& name) {
    return expected ? name.empty() || name == expected : !given;
  };
  if (fits(form.text, true, input.text_name) && fits(form.pair, input.pair.has_value(), input.pair_name) &&
      fits(form.texts, input.texts.has_value(), input.texts_name) && (!form.pair_required || input.pair) &&
      (!form.texts || input.texts)) {
    return OkStatus();
  }
  std::string expected = form.pair_required || form.texts ? "" : "a text";
  if (form.pair || form.texts) {
    expected += StrCat(expected.empty() ? "{" : " or {", form.text, ", ", form.pair ? form.pair : form.texts, "}");
  }
  const bool named = !input.text_name.empty();
  std::string got = named ? input.text_name : "a text";
  if (input.pair) got += StrCat(", ", input.pair_name.empty() ? "a second text" : input.pair_name);
  if (input.texts) got += StrCat(", ", input.texts_name.empty() ? "texts" : input.texts_name);
  return InvalidArgument(task, ": expected ", expected, ", got ", named ? StrCat("{", got, "}") : got);
}

}  // namespace onedge::tasks
