#include "tasks/task_json.h"

#include <yyjson.h>

#include <cmath>
#include <cstdlib>
#include <memory>

#include "base/decimal.h"

namespace onedge::tasks {
namespace {

std::string_view TextOf(yyjson_val* value) { return {yyjson_get_str(value), yyjson_get_len(value)}; }

Status ReadText(yyjson_val* value, std::string& out) {
  if (!yyjson_is_str(value)) return InvalidArgument("expected a text, got ", yyjson_get_type_desc(value));
  out = TextOf(value);
  return OkStatus();
}

// Takes `key` as the name of a part that has none yet.
Status Name(std::string_view key, std::string& name) {
  if (!name.empty()) return InvalidArgument("expected only one of this and '", name, "'");
  name = key;
  return OkStatus();
}

Status ReadMember(std::string_view key, yyjson_val* value, TaskInput& input) {
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
    if (!yyjson_is_arr(value)) return InvalidArgument("expected an array of texts, got ", yyjson_get_type_desc(value));
    std::vector<std::string>& texts = input.texts.emplace();
    yyjson_arr_iter iter = yyjson_arr_iter_with(value);
    while (yyjson_val* text = yyjson_arr_iter_next(&iter)) ONEDGE_RETURN_IF_ERROR(ReadText(text, texts.emplace_back()));
    return OkStatus();
  }
  size_t* number = key == "width"      ? &input.image.width
                   : key == "height"   ? &input.image.height
                   : key == "channels" ? &input.image.channels
                                       : nullptr;
  if (!number) return InvalidArgument("no task has such an input");
  if (!yyjson_is_uint(value) || yyjson_get_uint(value) > SIZE_MAX) return InvalidArgument("expected a whole number");
  *number = static_cast<size_t>(yyjson_get_uint(value));
  return OkStatus();
}

Status ReadInput(yyjson_val* value, TaskInput& input) {
  if (yyjson_is_arr(value) && yyjson_arr_size(value) == 2) {
    ONEDGE_RETURN_IF_ERROR(ReadText(yyjson_arr_get_first(value), input.text));
    return ReadText(yyjson_arr_get_last(value), input.pair.emplace());
  }
  if (!yyjson_is_obj(value)) return ReadText(value, input.text);
  yyjson_obj_iter iter = yyjson_obj_iter_with(value);
  while (yyjson_val* key = yyjson_obj_iter_next(&iter)) {
    Status status = ReadMember(TextOf(key), yyjson_obj_iter_get_val(key), input);
    if (!status.ok()) return std::move(status).WithContext(StrCat("'", TextOf(key), "'"));
  }
  if (!input.text_name.empty() || input.image.width > 0) return OkStatus();
  return InvalidArgument("expected a text ('text', 'question', 'query' or 'source_sentence') or an image with a width");
}

// The double with the fewest digits that rounds to `value`.
double Shortest(float value) {
  double out = 0;
  for (int digits = 6; digits <= 9 && static_cast<float>(out) != value; ++digits) {
    out = ParseNumber(FormatNumber(static_cast<double>(value), digits).c_str());
  }
  return out;
}

class Writer {
 public:
  explicit Writer(bool as_float) : as_float_(as_float), doc_(yyjson_mut_doc_new(nullptr)) {}
  ~Writer() { yyjson_mut_doc_free(doc_); }

  yyjson_mut_val* Number(float value) {
    if (!std::isfinite(value)) return yyjson_mut_null(doc_);  // JSON has no infinity
    return yyjson_mut_real(doc_, as_float_ ? Shortest(value) : static_cast<double>(value));
  }
  yyjson_mut_val* Text(std::string_view text) { return yyjson_mut_strn(doc_, text.data(), text.size()); }
  yyjson_mut_val* Array() { return yyjson_mut_arr(doc_); }
  yyjson_mut_val* Object() { return yyjson_mut_obj(doc_); }
  yyjson_mut_doc* doc() { return doc_; }

  // The strings of `answer` and `input` must live until ToString.
  yyjson_mut_val* Entry(Task task, const Answer& entry) {
    yyjson_mut_val* object = Object();
    const auto set = [&](const char* key, yyjson_mut_val* value) { yyjson_mut_obj_add_val(doc_, object, key, value); };
    const auto integer = [&](const char* key, int64_t value) { set(key, yyjson_mut_sint(doc_, value)); };
    const bool tokens = task == Task::kTokenClassification;
    const bool question = task == Task::kQuestionAnswering;
    const bool mask = task == Task::kFillMask;
    const bool ranking = task == Task::kSentenceSimilarity || task == Task::kTextRanking;
    if (question) {
      set("answer", Text(entry.word));
    } else if (ranking) {
      integer("index", entry.index);
    } else if (!mask) {
      set(!tokens ? "label" : entry.index >= 0 ? "entity" : "entity_group", Text(entry.label));
    }
    set("score", Number(entry.score));
    if (mask) {
      integer("token", entry.index);
      set("token_str", Text(entry.label));
      set("sequence", Text(entry.word));
    }
    if (tokens) {
      if (entry.index >= 0) integer("index", entry.index);
      set("word", Text(entry.word));
    }
    if (tokens || question) {
      integer("start", entry.start);
      integer("end", entry.end);
    }
    if (task == Task::kObjectDetection) {
      yyjson_mut_val* box = Object();
      set("box", box);
      for (size_t i = 0; i < 4; ++i) {
        static constexpr const char* kSides[] = {"xmin", "ymin", "xmax", "ymax"};
        yyjson_mut_obj_add_val(doc_, box, kSides[i], Number(entry.box[i]));
      }
    }
    return object;
  }

  yyjson_mut_val* Element(Task task, const TaskAnswer& answer, const TaskInput& input) {
    yyjson_mut_val* list = Array();
    if (task == Task::kFeatureExtraction) {
      const size_t dim = answer.rows == 0 ? 0 : answer.vector.size() / answer.rows;
      yyjson_mut_val* row = list;
      for (size_t i = 0; i < answer.vector.size(); ++i) {
        if (!answer.pooled && i % dim == 0) yyjson_mut_arr_append(list, row = Array());
        yyjson_mut_arr_append(row, Number(answer.vector[i]));
      }
    } else if (task == Task::kZeroShotClassification) {
      yyjson_mut_val* object = Object();
      yyjson_mut_val* scores = Array();
      yyjson_mut_obj_add_val(doc_, object, "sequence", Text(input.text));
      yyjson_mut_obj_add_val(doc_, object, "labels", list);
      yyjson_mut_obj_add_val(doc_, object, "scores", scores);
      for (const Answer& entry : answer.entries) {
        yyjson_mut_arr_append(list, Text(entry.label));
        yyjson_mut_arr_append(scores, Number(entry.score));
      }
      return object;
    }
    for (const Answer& entry : answer.entries) yyjson_mut_arr_append(list, Entry(task, entry));
    return list;
  }

  Result<std::string> ToString(yyjson_mut_val* root) {
    yyjson_mut_doc_set_root(doc_, root);
    size_t size = 0;
    char* text = yyjson_mut_write(doc_, YYJSON_WRITE_NOFLAG, &size);
    if (!text) return InvalidArgument("a text is not UTF-8, which JSON has to be");
    std::string out(text, size);
    std::free(text);
    return out;
  }

 private:
  bool as_float_;
  yyjson_mut_doc* doc_;
};

}  // namespace

Result<std::vector<TaskInput>> ParseTaskInputs(std::string_view json) {
  yyjson_read_err error;
  const std::unique_ptr<yyjson_doc, void (*)(yyjson_doc*)> document(
      yyjson_read_opts(const_cast<char*>(json.data()), json.size(), YYJSON_READ_NOFLAG, nullptr, &error),
      yyjson_doc_free);
  if (!document) return InvalidArgument("inputs: ", error.msg, " (byte ", error.pos, ")");
  yyjson_val* root = yyjson_doc_get_root(document.get());
  if (!yyjson_is_arr(root)) return InvalidArgument("inputs: expected an array, got ", yyjson_get_type_desc(root));
  std::vector<TaskInput> inputs;
  yyjson_arr_iter iter = yyjson_arr_iter_with(root);
  while (yyjson_val* value = yyjson_arr_iter_next(&iter)) {
    Status status = ReadInput(value, inputs.emplace_back());
    if (!status.ok()) return std::move(status).WithContext(StrCat("input ", inputs.size() - 1));
  }
  return inputs;
}

Result<std::string> WriteTaskAnswers(TaskRun& run, bool as_float) {
  Writer writer(as_float);
  yyjson_mut_val* root = writer.Array();
  for (size_t i = 0; i < run.answers().size(); ++i) {
    yyjson_mut_arr_append(root, writer.Element(run.task(), run.answers()[i], run.inputs()[i]));
  }
  return writer.ToString(root);
}

}  // namespace onedge::tasks
