// The C API: onedge.h over api::Model and api::Session.
#include <cstdlib>
#include <cstring>

#include "api/model.h"
#include "api/onedge.h"

using onedge::Result;
using onedge::Status;
using onedge::Tensor;

struct onedge_model {
  std::shared_ptr<const onedge::api::Model> model;
};

struct onedge_session {
  std::unique_ptr<onedge::ThreadPool> threads;  // must outlive the session
  std::unique_ptr<onedge::api::Session> session;
};

struct onedge_tensor {
  std::shared_ptr<const onedge::api::Model> model;  // keeps the budget of an output's bytes alive
  Tensor tensor;
};

namespace {

static_assert(static_cast<int>(onedge::StatusCode::kInvalidArgument) == ONEDGE_INVALID_ARGUMENT &&
              static_cast<int>(onedge::StatusCode::kCorruptFile) == ONEDGE_CORRUPT_FILE &&
              static_cast<int>(onedge::StatusCode::kNotFound) == ONEDGE_NOT_FOUND &&
              static_cast<int>(onedge::StatusCode::kUnsupported) == ONEDGE_UNSUPPORTED &&
              static_cast<int>(onedge::StatusCode::kResourceExhausted) == ONEDGE_RESOURCE_EXHAUSTED &&
              static_cast<int>(onedge::StatusCode::kCancelled) == ONEDGE_CANCELLED &&
              static_cast<int>(onedge::StatusCode::kDeadlineExceeded) == ONEDGE_DEADLINE_EXCEEDED &&
              static_cast<int>(onedge::StatusCode::kInternal) == ONEDGE_INTERNAL);

// A copy that the caller must free; null if memory is short.
char* Copied(std::string_view text) {
  char* copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (!copy) return nullptr;
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  return copy;
}

int Report(const Status& status, char** error) {
  if (error) *error = status.ok() ? nullptr : Copied(status.ToString());
  return static_cast<int>(status.code());
}

Status Give(std::string_view text, char** out) {
  char* copy = Copied(text);
  if (!copy) return onedge::ResourceExhausted("no memory for ", text.size(), " bytes of text");
  *out = copy;
  return onedge::OkStatus();
}

Status Missing(const char* what) { return onedge::InvalidArgument(what, ": expected a pointer, got NULL"); }

Result<onedge::api::LoadOptions> ParseLoadOptions(const char* json) {
  onedge::api::LoadOptions options;
  if (!json) return options;
  ONEDGE_ASSIGN_OR_RETURN(const onedge::api::Settings settings, onedge::api::ParseSettings(json));
  for (const auto& [name, value] : settings.entries()) {
    if (name == "memory_limit") {
      const double* bytes = std::get_if<double>(&value);
      if (!bytes || !(*bytes >= 1 && *bytes <= 9007199254740992.0))
        return onedge::InvalidArgument("options: memory_limit: expected a number of bytes");
      options.memory_limit = static_cast<size_t>(*bytes);
    } else if (name == "device") {
      const std::string* device = std::get_if<std::string>(&value);
      if (!device) return onedge::InvalidArgument("options: device: expected \"cpu\", \"cuda\" or \"auto\"");
      options.device = *device;
    } else if (name == "optimize") {
      const bool* optimize = std::get_if<bool>(&value);
      if (!optimize) return onedge::InvalidArgument("options: optimize: expected true or false");
      options.optimize = *optimize;
    } else {
      return onedge::InvalidArgument("options: '", name,
                                     "' is not a load option; expected memory_limit, device or optimize");
    }
  }
  return options;
}

Status Load(const void* bytes, size_t size, const char* options_json, onedge_model** out) {
  if (!bytes || !out) return Missing(bytes ? "model" : "bytes");
  ONEDGE_ASSIGN_OR_RETURN(onedge::api::LoadOptions options, ParseLoadOptions(options_json));
  options.total_bytes = size;
  const auto loader = onedge::api::ModelLoader::Create(options);
  ONEDGE_RETURN_IF_ERROR(loader->Feed({static_cast<const uint8_t*>(bytes), size}));
  ONEDGE_ASSIGN_OR_RETURN(auto model, loader->Finish());
  *out = new onedge_model{std::move(model)};
  return onedge::OkStatus();
}

Status CreateSession(const onedge_model* model, size_t threads, onedge_session** out) {
  if (!model || !out) return Missing(model ? "session" : "model");
  auto session = std::make_unique<onedge_session>();
  if (threads != 1) session->threads = onedge::ThreadPool::Create(threads);
  ONEDGE_ASSIGN_OR_RETURN(session->session, model->model->CreateSession(session->threads.get()));
  *out = session.release();
  return onedge::OkStatus();
}

Status RunTask(onedge_session* session, const char* inputs_json, const char* options_json,
               std::span<const uint8_t> pixels, char** answers) {
  if (!session || !inputs_json || !answers) return Missing(!session ? "session" : !inputs_json ? "inputs" : "answers");
  ONEDGE_ASSIGN_OR_RETURN(auto inputs, onedge::api::ParseTaskInputs(inputs_json));
  ONEDGE_ASSIGN_OR_RETURN(const onedge::api::Settings options,
                          onedge::api::ParseSettings(options_json ? options_json : "{}"));
  if (pixels.data()) {
    if (inputs.size() != 1) return onedge::InvalidArgument("pixels: expected one input, got ", inputs.size());
    inputs[0].image.pixels = pixels;
  }
  ONEDGE_ASSIGN_OR_RETURN(const auto run, session->session->StartTask(std::move(inputs), options));
  for (bool more = true; more;) {
    ONEDGE_ASSIGN_OR_RETURN(more, run->Step());
  }
  ONEDGE_ASSIGN_OR_RETURN(const std::string json, run->AnswersJson());
  return Give(json, answers);
}

Result<onedge::Shape> ShapeOf(const int64_t* dims, size_t rank) {
  if (!dims && rank > 0) return Missing("dims");
  if (rank > 64) return onedge::InvalidArgument("rank: expected at most 64, got ", rank);
  onedge::Shape shape;
  for (size_t i = 0; i < rank; ++i) shape.push_back(dims[i]);
  return shape;
}

Status CreateTensor(int dtype, const int64_t* dims, size_t rank, const void* data, size_t bytes, onedge_tensor** out) {
  if (!out || (!data && bytes > 0)) return Missing(out ? "data" : "tensor");
  const auto type = onedge::DTypeFromOnnx(dtype);
  if (!type || type == onedge::DType::kString) {
    return onedge::InvalidArgument("dtype: expected a number of TensorProto.DataType other than string, got ", dtype);
  }
  ONEDGE_ASSIGN_OR_RETURN(const onedge::Shape shape, ShapeOf(dims, rank));
  ONEDGE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::FromBytes(*type, shape, {static_cast<const uint8_t*>(data), bytes}));
  *out = new onedge_tensor{nullptr, std::move(tensor)};
  return onedge::OkStatus();
}

Status CreateStrings(const int64_t* dims, size_t rank, const char* const* strings, size_t count, onedge_tensor** out) {
  if (!out || (!strings && count > 0)) return Missing(out ? "strings" : "tensor");
  ONEDGE_ASSIGN_OR_RETURN(const onedge::Shape shape, ShapeOf(dims, rank));
  std::vector<std::string> texts;
  for (size_t i = 0; i < count; ++i) {
    if (!strings[i]) return Missing("strings");
    texts.emplace_back(strings[i]);
  }
  ONEDGE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::FromStrings(shape, std::move(texts)));
  *out = new onedge_tensor{nullptr, std::move(tensor)};
  return onedge::OkStatus();
}

Status Run(onedge_session* session, const char* const* names, const onedge_tensor* const* inputs, size_t count,
           onedge_tensor** outputs) {
  if (!session || (count > 0 && (!names || !inputs)) || !outputs) return Missing("session, names, inputs or outputs");
  std::vector<onedge::api::NamedValue> named;
  for (size_t i = 0; i < count; ++i) {
    if (!names[i] || !inputs[i]) return Missing("names or inputs");
    named.push_back({names[i], inputs[i]->tensor});
  }
  ONEDGE_ASSIGN_OR_RETURN(const std::span<const onedge::Value> values, session->session->Run(named));
  const auto model = session->session->model().shared_from_this();
  std::vector<std::unique_ptr<onedge_tensor>> made;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!values[i].is_tensor()) {
      return onedge::Unsupported("output ", i, ": expected a tensor, got ", values[i].ToString(),
                                 "; the C API has no sequences and maps");
    }
    ONEDGE_ASSIGN_OR_RETURN(Tensor copy, values[i].tensor().Clone(&model->budget()));
    made.push_back(std::make_unique<onedge_tensor>(model, std::move(copy)));
  }
  for (size_t i = 0; i < made.size(); ++i) outputs[i] = made[i].release();
  return onedge::OkStatus();
}

const char* NameOf(const auto& entries, size_t i) { return i < entries.size() ? entries[i].name.c_str() : nullptr; }

}  // namespace

extern "C" {

const char* onedge_version(void) { return ONEDGE_VERSION; }
void onedge_free(char* string) { std::free(string); }

int onedge_model_load(const void* bytes, size_t size, const char* options, onedge_model** model, char** error) {
  return Report(Load(bytes, size, options, model), error);
}
void onedge_model_free(onedge_model* model) { delete model; }
int onedge_model_describe(const onedge_model* model, char** json, char** error) {
  return Report(model && json ? Give(model->model->DescribeJson(), json) : Missing("model or json"), error);
}
size_t onedge_model_input_count(const onedge_model* model) { return model->model->inputs().size(); }
size_t onedge_model_output_count(const onedge_model* model) { return model->model->outputs().size(); }
const char* onedge_model_input_name(const onedge_model* model, size_t i) { return NameOf(model->model->inputs(), i); }
const char* onedge_model_output_name(const onedge_model* model, size_t i) { return NameOf(model->model->outputs(), i); }

int onedge_session_create(const onedge_model* model, size_t threads, onedge_session** session, char** error) {
  return Report(CreateSession(model, threads, session), error);
}
void onedge_session_free(onedge_session* session) { delete session; }
int onedge_session_run_task(onedge_session* session, const char* inputs, const char* options, const uint8_t* pixels,
                            size_t pixel_bytes, char** answers, char** error) {
  return Report(RunTask(session, inputs, options, {pixels, pixel_bytes}, answers), error);
}

int onedge_tensor_create(int dtype, const int64_t* dims, size_t rank, const void* data, size_t bytes,
                         onedge_tensor** tensor, char** error) {
  return Report(CreateTensor(dtype, dims, rank, data, bytes, tensor), error);
}
int onedge_tensor_create_strings(const int64_t* dims, size_t rank, const char* const* strings, size_t count,
                                 onedge_tensor** tensor, char** error) {
  return Report(CreateStrings(dims, rank, strings, count, tensor), error);
}
void onedge_tensor_free(onedge_tensor* tensor) { delete tensor; }
int onedge_tensor_dtype(const onedge_tensor* tensor) { return static_cast<int>(tensor->tensor.dtype()); }
size_t onedge_tensor_rank(const onedge_tensor* tensor) { return tensor->tensor.rank(); }
const int64_t* onedge_tensor_dims(const onedge_tensor* tensor) { return tensor->tensor.shape().begin(); }
const void* onedge_tensor_data(const onedge_tensor* tensor) { return tensor->tensor.bytes(); }
size_t onedge_tensor_bytes(const onedge_tensor* tensor) { return tensor->tensor.byte_size(); }
const char* onedge_tensor_string(const onedge_tensor* tensor, size_t i) {
  if (tensor->tensor.dtype() != onedge::DType::kString || i >= tensor->tensor.strings().size()) return nullptr;
  return tensor->tensor.strings()[i].c_str();
}

int onedge_session_run(onedge_session* session, const char* const* names, const onedge_tensor* const* inputs,
                       size_t count, onedge_tensor** outputs, char** error) {
  return Report(Run(session, names, inputs, count, outputs), error);
}

}  // extern "C"
