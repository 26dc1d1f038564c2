// The routes that run a task over texts: those of text-embeddings-inference, and OpenAI's embeddings.
#include "contract/base64.h"
#include "contract/routes.h"
#include "tasks/task_run.h"

namespace onedge::contract {
namespace {

using tasks::AnswerWriter;
using tasks::TaskInput;
using tasks::TaskRun;

// Steps a task, then writes its answers in the shape of the route.
class TaskCall final : public Call {
 public:
  using Write = Result<std::string> (*)(const TaskCall& call);
  TaskCall(const ServedModel& model, std::unique_ptr<TaskRun> run, Write write)
      : model(std::string(model.name) + "@" + std::string(model.version)), run(std::move(run)), write_(write) {}

  size_t tokens() const override { return run->tokens(); }

  std::string model;  // name@version
  std::unique_ptr<TaskRun> run;
  std::vector<std::vector<uint8_t>> pixels = {};  // of the run's images
  bool single = false;                            // the answer is for one input, not an array
  bool base64 = false;

 private:
  bool running() const override { return run->running(); }
  Result<bool> Advance(runtime::Session& session, const runtime::RunOptions& options,
                       runtime::Deadline until) override {
    ONEDGE_ASSIGN_OR_RETURN(const bool more, run->Step(session, options, until));
    if (more) return true;
    ONEDGE_ASSIGN_OR_RETURN(answer_.body, write_(*this));
    return false;
  }

  Write write_;
};

Status CheckTask(const RouteContext& context, std::initializer_list<std::string_view> tasks) {
  const std::string& task = context.model.pipeline->manifest().task;
  for (std::string_view one : tasks) {
    if (task == one) return OkStatus();
  }
  return InvalidArgument("the task of model '", context.model.name, "' is '", task, "', not '", *tasks.begin(), "'");
}

Result<std::unique_ptr<TaskCall>> StartTask(const RouteContext& context, std::string_view task,
                                            std::vector<TaskInput> inputs, package::Settings& settings,
                                            TaskCall::Write write,
                                            std::string_view too_long = R"("truncate": true cuts it)") {
  settings.Set("task", std::string(task));
  ONEDGE_ASSIGN_OR_RETURN(std::unique_ptr<TaskRun> run,
                          context.model.pipeline->Start(std::move(inputs), settings,
                                                        {.max_tokens = context.limits.tokens, .too_long = too_long}));
  if (run->tokens() > context.limits.batch_tokens) {
    return ResourceExhausted("inputs: expected at most ", context.limits.batch_tokens, " tokens in one request, got ",
                             run->tokens());
  }
  return std::make_unique<TaskCall>(context.model, std::move(run), write);
}

Status ReadRawScores(const RouteContext& context, package::Settings& settings) {
  bool raw = false;
  ONEDGE_RETURN_IF_ERROR(context.body.ReadFlag("raw_scores", raw));
  if (raw) settings.Set("function", std::string("none"));
  return OkStatus();
}

Status RefusePrompt(const RouteContext& context) {
  return context.body.Member("prompt_name")
             ? InvalidArgument("prompt_name: there are no prompts; put the prompt before the text")
             : OkStatus();
}

// The task's answers: an array, or one answer for a single input.
Result<std::string> WriteAnswers(const TaskCall& call) {
  AnswerWriter json(false);
  if (!call.single) json.Array();
  for (size_t i = 0; i < call.run->size(); ++i) call.run->task().WriteJson(i, json);
  if (!call.single) json.End();
  return json.ToString();
}

Result<std::string> WriteTokenVectors(const TaskCall& call) {
  for (size_t i = 0; i < call.run->size(); ++i) {
    if (call.run->task().Vectors(i)->rows < call.run->tokens(i)) {
      return InvalidArgument("the model gives one vector for a text, not one for each token");
    }
  }
  return WriteAnswers(call);
}

// The base64 of the float32 values, little-endian.
std::string Base64Of(std::span<const float> values) {
  return EncodeBase64({reinterpret_cast<const uint8_t*>(values.data()), values.size_bytes()});
}

Result<std::string> WriteEmbeddings(const TaskCall& call) {
  AnswerWriter json(false);
  json.Object();
  json.Key("object").Text("list");
  json.Key("data").Array();
  for (size_t i = 0; i < call.run->size(); ++i) {
    const tasks::VectorAnswer answer = *call.run->task().Vectors(i);
    json.Object();
    json.Key("object").Text("embedding");
    json.Key("index").Uint(i);
    json.Key("embedding");
    if (call.base64) {
      json.Text(Base64Of(answer.values));
    } else {
      call.run->task().WriteJson(i, json);
    }
    json.End();
  }
  json.End();
  json.Key("model").Text(call.model);
  json.Key("usage").Object();
  json.Key("prompt_tokens").Uint(call.tokens());
  json.Key("total_tokens").Uint(call.tokens());
  json.End();
  json.End();
  return json.ToString();
}

// {pixels: base64 of rows from the top, width, height, channels}, or an array with one of these: `load({fallback})`
// sends that.
Status ReadImage(JsonValue value, TaskInput& input, std::vector<uint8_t>& pixels) {
  if (JsonCursor first(value); value.is_array() && first.Next()) value = first.value();
  const JsonValue encoded = value.Find("pixels");
  tasks::Image& image = input.image;
  const std::pair<const char*, size_t*> sizes[] = {
      {"width", &image.width}, {"height", &image.height}, {"channels", &image.channels}};
  bool right = encoded.is_string();
  for (const auto& [name, size] : sizes) {
    *size = static_cast<size_t>(value.Find(name).Count(65536).value_or(0));
    right &= *size > 0;
  }
  if (!right) return InvalidArgument("inputs: expected images as {pixels, width, height, channels}");
  if (!DecodeBase64(encoded.string(), pixels)) return InvalidArgument("inputs: pixels: expected base64");
  if (pixels.size() != uint64_t{image.width} * image.height * image.channels) {
    return InvalidArgument("inputs: expected ", image.width, " x ", image.height, " x ", image.channels,
                           " bytes of pixels, got ", pixels.size());
  }
  image.pixels = pixels;
  return OkStatus();
}

Result<std::unique_ptr<Call>> StartPredictImages(const RouteContext& context) {
  const JsonValue given = context.body.Member("inputs");
  if (!given.is_array() || given.size() == 0) return InvalidArgument("inputs: expected an array of images");
  ONEDGE_RETURN_IF_ERROR(CheckBatch("inputs", given.size(), context.limits));
  std::vector<TaskInput> inputs(given.size());
  std::vector<std::vector<uint8_t>> pixels(given.size());
  JsonCursor at(given);
  for (size_t i = 0; at.Next(); ++i) ONEDGE_RETURN_IF_ERROR(ReadImage(at.value(), inputs[i], pixels[i]));
  package::Settings settings;
  settings.Set("top_k", 0.0);
  ONEDGE_RETURN_IF_ERROR(ReadRawScores(context, settings));
  ONEDGE_ASSIGN_OR_RETURN(std::unique_ptr<TaskCall> call,
                          StartTask(context, "image-classification", std::move(inputs), settings, WriteAnswers));
  call->pixels = std::move(pixels);  // the buffers do not move
  return std::unique_ptr<Call>(std::move(call));
}

// True if the model has an input that tells the texts of a pair apart.
bool TakesTypeIds(const runtime::Model& model) {
  for (const runtime::SignatureEntry& input : model.inputs()) {
    if (input.name == "token_type_ids") return true;
  }
  return false;
}

Result<std::unique_ptr<Call>> StartEmbedding(const RouteContext& context, package::Settings settings,
                                             TaskCall::Write write) {
  std::vector<TaskInput> inputs;
  ONEDGE_RETURN_IF_ERROR(context.body.ReadTextsOrIds("inputs", context.limits, inputs));
  ONEDGE_ASSIGN_OR_RETURN(std::unique_ptr<TaskCall> call,
                          StartTask(context, "feature-extraction", std::move(inputs), settings, write));
  return std::unique_ptr<Call>(std::move(call));
}

}  // namespace

// Labels with scores for texts, pairs of texts or images.
Result<std::unique_ptr<Call>> StartPredict(const RouteContext& context) {
  if (context.model.pipeline->manifest().task == "image-classification") return StartPredictImages(context);
  ONEDGE_RETURN_IF_ERROR(CheckTask(context, {"text-classification"}));
  std::vector<TaskInput> inputs;
  bool single = false;
  bool flat_pair = false;
  ONEDGE_RETURN_IF_ERROR(context.body.ReadPairs("inputs", context.limits, inputs, single, flat_pair));
  if (flat_pair && !TakesTypeIds(context.model.pipeline->model())) {
    return InvalidArgument("inputs: [text, text] is one pair, and model '", context.model.name,
                           "' does not tell the texts of a pair apart; send two texts as [[text], [text]], and a pair "
                           "that is meant as [[text, text]]");
  }
  package::Settings settings;
  settings.Set("top_k", 0.0);
  ONEDGE_RETURN_IF_ERROR(ReadRawScores(context, settings));
  ONEDGE_RETURN_IF_ERROR(context.body.ReadTruncation(settings));
  ONEDGE_ASSIGN_OR_RETURN(std::unique_ptr<TaskCall> call,
                          StartTask(context, "text-classification", std::move(inputs), settings, WriteAnswers));
  call->single = single;
  return std::unique_ptr<Call>(std::move(call));
}

// A vector for each text, or for each of its tokens if the package has pooling 'none'.
Result<std::unique_ptr<Call>> StartEmbed(const RouteContext& context) {
  ONEDGE_RETURN_IF_ERROR(CheckTask(context, {"feature-extraction", "sentence-similarity"}));
  ONEDGE_RETURN_IF_ERROR(RefusePrompt(context));
  package::Settings settings;
  bool normalize = true;
  ONEDGE_RETURN_IF_ERROR(context.body.ReadFlag("normalize", normalize));
  settings.Set("normalize", normalize);
  ONEDGE_RETURN_IF_ERROR(context.body.ReadDimensions(settings));
  ONEDGE_RETURN_IF_ERROR(context.body.ReadTruncation(settings));
  return StartEmbedding(context, std::move(settings), WriteAnswers);
}

// A vector for each token of each text, unchanged from the model.
Result<std::unique_ptr<Call>> StartEmbedAll(const RouteContext& context) {
  ONEDGE_RETURN_IF_ERROR(CheckTask(context, {"feature-extraction", "sentence-similarity"}));
  ONEDGE_RETURN_IF_ERROR(RefusePrompt(context));
  package::Settings settings;
  settings.Set("pooling", std::string("none"));
  settings.Set("normalize", false);
  settings.Set("dimensions", 0.0);
  ONEDGE_RETURN_IF_ERROR(context.body.ReadTruncation(settings));
  return StartEmbedding(context, std::move(settings), WriteTokenVectors);
}

// Scores of how well texts answer a query, best first. Needs a cross-encoder.
Result<std::unique_ptr<Call>> StartRerank(const RouteContext& context) {
  ONEDGE_RETURN_IF_ERROR(CheckTask(context, {"text-ranking", "text-classification"}));
  const JsonValue query = context.body.Member("query");
  if (!query.is_string()) return InvalidArgument("query: expected a text");
  TaskInput input{.text = std::string(query.string())};
  ONEDGE_RETURN_IF_ERROR(context.body.ReadTexts("texts", context.limits, input.texts.emplace()));
  package::Settings settings;
  settings.Set("top_k", 0.0);
  bool return_text = false;
  ONEDGE_RETURN_IF_ERROR(ReadRawScores(context, settings));
  ONEDGE_RETURN_IF_ERROR(context.body.ReadFlag("return_text", return_text));
  settings.Set("return_text", return_text);
  ONEDGE_RETURN_IF_ERROR(context.body.ReadTruncation(settings));
  std::vector<TaskInput> inputs;
  inputs.push_back(std::move(input));
  ONEDGE_ASSIGN_OR_RETURN(std::unique_ptr<TaskCall> call,
                          StartTask(context, "text-ranking", std::move(inputs), settings, WriteAnswers));
  call->single = true;
  return std::unique_ptr<Call>(std::move(call));
}

// OpenAI's embeddings. Like OpenAI, it refuses a text that is too long.
Result<std::unique_ptr<Call>> StartEmbeddings(const RouteContext& context) {
  ONEDGE_RETURN_IF_ERROR(CheckTask(context, {"feature-extraction", "sentence-similarity"}));
  std::string_view format = "float";
  if (const JsonValue given = context.body.Member("encoding_format")) {
    format = given.string();
    if (format != "float" && format != "base64") {
      return InvalidArgument("encoding_format: expected float or base64, got ", Shown(given));
    }
  }
  package::Settings settings;
  settings.Set("truncation", false);
  ONEDGE_RETURN_IF_ERROR(context.body.ReadDimensions(settings));
  std::vector<TaskInput> inputs;
  ONEDGE_RETURN_IF_ERROR(context.body.ReadTextsOrIds("input", context.limits, inputs));
  ONEDGE_ASSIGN_OR_RETURN(std::unique_ptr<TaskCall> call, StartTask(context, "feature-extraction", std::move(inputs),
                                                                    settings, WriteEmbeddings, "send a shorter one"));
  if (!call->run->task().Vectors(0)->pooled) {
    return InvalidArgument("this model's package has pooling 'none', which gives a vector for each token; ask /embed");
  }
  call->base64 = format == "base64";
  return std::unique_ptr<Call>(std::move(call));
}

}  // namespace onedge::contract
