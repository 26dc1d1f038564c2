// The Embind bindings: the interface of the C++ core for js/. They are thin: decisions are made in the core or in js/.
// Fallible functions return a value or {error}; see result.h. The JS owner deletes a handle (`delete()`); see
// handles.h.
#include <emscripten/heap.h>

#include <cstdlib>

#include "api/model.h"
#include "base/trimmed.h"
#include "wasm/contract_binding.h"
#include "wasm/handles.h"
#include "wasm/thread_pool_binding.h"
#include "wasm/tokenizer_binding.h"

namespace onedge::wasm {
namespace {

// A typed array view over wasm memory is valid until the next allocation: JS must copy at once.
template <typename T>
val ViewOf(T* data, size_t size) {
  return val(emscripten::typed_memory_view(size, data));
}

std::optional<DType> DTypeOf(const std::string& name) {
  for (int32_t number = 1; const auto dtype = DTypeFromOnnx(number); ++number) {
    if (DTypeName(*dtype) == name) return dtype;
  }
  return std::nullopt;
}

Shape ShapeOf(const val& dims) {
  Shape shape;
  for (double dim : emscripten::vecFromJSArray<double>(dims)) shape.push_back(static_cast<int64_t>(dim));
  return shape;
}

// JSON, or arrays of numbers if the answers are vectors.
val AnswersToJs(const api::TaskRun& run) {
  if (run.inputs().empty() || !run.Vectors(0)) {
    const Result<std::string> json = run.AnswersJson(/*as_float=*/false);
    return json.ok() ? ToJs(*json) : Failure(json.status());
  }
  val out = val::array();
  for (size_t i = 0; i < run.inputs().size(); ++i) {
    const api::VectorAnswer answer = *run.Vectors(i);
    val vectors = val::array();
    const size_t dim = answer.rows > 0 ? answer.values.size() / answer.rows : 0;
    for (size_t row = 0; row < answer.rows; ++row) {
      vectors.call<void>("push", ViewOf(answer.values.data() + row * dim, dim).call<val>("slice"));
    }
    out.call<void>("push", answer.pooled ? vectors[0] : vectors);
  }
  return out;
}

class ModelHandle : public Counted {
 public:
  static constexpr char kType[] = "Model";
  explicit ModelHandle(std::shared_ptr<const api::Model> model) : model_(std::move(model)) {}

  val Describe() const { return ToJs(model_->DescribeJson()); }
  val UsedParts() const { return ToJs(model_->used_parts()); }
  val UsedBytes() const { return val(static_cast<double>(model_->budget().used_bytes())); }
  val ResidentBytes() const { return val(static_cast<double>(model_->weight_bytes())); }
  bool HasTokenizer() const { return model_->tokenizer() != nullptr; }
  val GetTokenizer() const {
    // The model lives as long as its tokenizer.
    std::shared_ptr<const api::Tokenizer> tokenizer(model_, model_->tokenizer());
    return Own(std::make_unique<TokenizerHandle>(std::move(tokenizer)));
  }
  val Clone() { return Share(this); }
  const std::shared_ptr<const api::Model>& model() const { return model_; }

 private:
  std::shared_ptr<const api::Model> model_;
};

// Used if there is no limit: a server's length of its file may be wrong.
constexpr double kMostReserved = 1 << 30;

// Grows the memory by `bytes` in one step: after each step an engine searches its whole heap for garbage.
void GrowMemory(size_t bytes) {
  void* volatile room = std::malloc(bytes);  // volatile: otherwise the compiler removes both calls
  std::free(room);
}

// A DigestCheck of js/digest_check.js.
class JsHash : public package::HostHash {
 public:
  explicit JsHash(val hash) : hash_(std::move(hash)) {}
  void Update(std::span<const uint8_t> bytes) override {
    hash_.call<void>("update", ViewOf(bytes.data(), bytes.size()));
  }
  void End(std::string_view part, std::string_view expected) override {
    hash_.call<void>("end", std::string(part), std::string(expected));
  }

 private:
  val hash_;
};

class LoaderHandle : public Counted {
 public:
  static constexpr char kType[] = "Loader";
  // `memory_limit` and `total_bytes` in bytes; 0: none, unknown. `digest`: whether to hash an .onnx file. `hash`: see
  // JsHash; undefined: hash here.
  static val Create(double memory_limit, double total_bytes, bool digest, bool optimize, val hash) {
    auto loader = std::make_unique<LoaderHandle>();
    api::LoadOptions options;
    if (!hash.isUndefined()) options.hash = &loader->hash_.emplace(std::move(hash));
    options.digest = digest;
    options.optimize = optimize;
    if (memory_limit > 0) options.memory_limit = static_cast<size_t>(memory_limit);
    if (total_bytes > 0) options.total_bytes = static_cast<uint64_t>(total_bytes);
    if (total_bytes <= (memory_limit > 0 ? memory_limit : kMostReserved)) GrowMemory(static_cast<size_t>(total_bytes));
    loader->loader_ = api::ModelLoader::Create(options);
    return Own(std::move(loader));
  }

  // Room for the next `bytes` bytes of the file. JS fills it before Feed.
  val Chunk(size_t bytes) {
    if (chunk_.size() < bytes) chunk_.resize(bytes);
    return ViewOf(chunk_.data(), bytes);
  }
  val Feed(size_t bytes) {
    const Status status = loader_->Feed({chunk_.data(), std::min(bytes, chunk_.size())});
    return status.ok() ? val::undefined() : Failure(status);
  }
  // Call after the last byte. Returns the names of the separate files with weights of an .onnx file.
  val ExternalFiles() {
    const Result<std::vector<api::ExternalFile>> files = loader_->ExternalFiles();
    if (!files.ok()) return Failure(files.status());
    val names = val::array();
    for (const api::ExternalFile& file : *files) names.call<void>("push", ToJs(file.location));
    return names;
  }
  // Like Feed, for the bytes of such a file from `offset` on.
  val FeedExternal(const std::string& name, double offset, size_t bytes) {
    const std::span<const uint8_t> chunk(chunk_.data(), std::min(bytes, chunk_.size()));
    const Status status = loader_->FeedExternal(name, static_cast<uint64_t>(offset), chunk);
    return status.ok() ? val::undefined() : Failure(status);
  }
  // A ModelHandle.
  val Finish() {
    chunk_ = {};
    Result<std::shared_ptr<const api::Model>> model = loader_->Finish();
    if (!model.ok()) return Failure(model.status());
    return Own(std::make_unique<ModelHandle>(std::move(*model)));
  }

 private:
  std::optional<JsHash> hash_;
  std::unique_ptr<api::ModelLoader> loader_;
  std::vector<uint8_t> chunk_;
};

class SessionHandle : public Counted {
 public:
  static constexpr char kType[] = "Session";
  SessionHandle(std::unique_ptr<api::Session> session, std::shared_ptr<ThreadPool> pool)
      : pool_(std::move(pool)), session_(std::move(session)) {}

  // `model`: the address of a ModelHandle; `pool`: of a ThreadPoolHandle, or 0.
  static val Create(uintptr_t model, [[maybe_unused]] uintptr_t pool) {
    std::shared_ptr<ThreadPool> threads;
#ifdef __EMSCRIPTEN_SHARED_MEMORY__
    if (pool) threads = reinterpret_cast<const ThreadPoolHandle*>(pool)->pool();
#endif
    auto session = reinterpret_cast<const ModelHandle*>(model)->model()->CreateSession(threads.get());
    if (!session.ok()) return Failure(session.status());
    return Own(std::make_unique<SessionHandle>(std::move(*session), std::move(threads)));
  }

  // `cancelled` is a JS function or undefined. It is polled between the steps of every run until the next call here.
  void PollCancelled(val cancelled) {
    options_.cancelled = nullptr;
    if (!cancelled.isUndefined()) options_.cancelled = [cancelled] { return cancelled().as<bool>(); };
  }

  // Whether runs are profiled from now on. Steps() returns the steps since its last call.
  void ProfileRuns(bool on) {
    options_.profile = on ? &profile_ : nullptr;
    profile_.clear();
  }
  // An array of {node, opType, lowered, ms}, in the order in which they ended.
  val Steps() const {
    val steps = val::array();
    for (const api::StepProfile& profiled : profile_) {
      val step = val::object();
      step.set("node", ToJs(profiled.node));
      step.set("opType", ToJs(profiled.op_type));
      step.set("lowered", profiled.lowered);
      step.set("ms", profiled.micros / 1000);
      steps.call<void>("push", step);
    }
    return steps;
  }

  void ClearInputs() {
    names_.clear();
    inputs_.clear();
    outputs_ = {};
  }
  // A Uint8Array over the bytes of a new input tensor. JS fills it.
  val AddInput(const std::string& name, const std::string& dtype_name, const val& dims) {
    const auto dtype = DTypeOf(dtype_name);
    if (!dtype) return Failure(InvalidArgument("input '", name, "': unknown dtype '", dtype_name, "'"));
    Result<Tensor> tensor = Tensor::Allocate(*dtype, ShapeOf(dims), &session_->model().budget());
    if (!tensor.ok()) return Failure(std::move(tensor).status().WithContext(StrCat("input '", name, "'")));
    names_.push_back(name);
    inputs_.push_back(std::move(*tensor));
    return ViewOf(inputs_.back().tensor().mutable_bytes(), inputs_.back().tensor().byte_size());
  }
  val AddStringInput(const std::string& name, const val& strings, const val& dims) {
    Result<Tensor> tensor = Tensor::FromStrings(ShapeOf(dims), emscripten::vecFromJSArray<std::string>(strings));
    if (!tensor.ok()) return Failure(std::move(tensor).status().WithContext(StrCat("input '", name, "'")));
    names_.push_back(name);
    inputs_.push_back(std::move(*tensor));
    return val::undefined();
  }
  // Continues the unfinished run, or starts one on the inputs, for about `milliseconds`. null: more work remains, call
  // again; otherwise the number of outputs.
  val Run(double milliseconds) {
    if (!run_) {
      std::vector<api::NamedValue> named;
      for (size_t i = 0; i < inputs_.size(); ++i) named.push_back({names_[i], std::move(inputs_[i])});
      Result<api::Run> run = session_->Start(named, options_);
      ClearInputs();
      if (!run.ok()) return Failure(run.status());
      run_ = std::move(*run);
    }
    const Result<api::RunProgress> progress = run_->Step(After(milliseconds));
    if (progress.ok() && *progress != api::RunProgress::kDone) return val::null();
    outputs_ = run_->outputs();
    run_.reset();
    if (!progress.ok()) return Failure(progress.status());
    return val(static_cast<double>(outputs_.size()));
  }
  // Ends the unfinished run.
  void StopRun() { run_.reset(); }
  // {name, dtype, dims, data} of the last Run: data is a separate Uint8Array, or an array of strings.
  val Output(size_t i) const {
    if (i >= outputs_.size()) return Failure(InvalidArgument("output ", i, " does not exist"));
    const std::string& name = session_->model().outputs()[i].name;
    if (!outputs_[i].is_tensor()) {
      return Failure(Unsupported("output '", name, "': expected a tensor, got ", outputs_[i].ToString(),
                                 "; sequences and maps cannot be returned to JS"));
    }
    const Tensor& tensor = outputs_[i].tensor();
    val out = val::object();
    out.set("name", ToJs(name));
    out.set("dtype", ToJs(DTypeName(tensor.dtype())));
    val dims = val::array();
    for (int64_t dim : tensor.shape()) dims.call<void>("push", static_cast<double>(dim));
    out.set("dims", dims);
    if (tensor.dtype() == DType::kString) {
      val strings = val::array();
      for (const std::string& text : tensor.strings()) strings.call<void>("push", ToJs(text));
      out.set("data", strings);
    } else {
      out.set("data", ViewOf(tensor.bytes(), tensor.byte_size()).call<val>("slice"));
    }
    return out;
  }

  // Starts the model's task and returns the number of the run. `inputs`, `options`: JSON, see api/session.h. `pixels`:
  // the pixels of the only input if it is an image; otherwise undefined.
  val StartTask(const std::string& inputs, const std::string& options, const val& pixels) {
    Result<std::vector<api::TaskInput>> parsed = api::ParseTaskInputs(inputs);
    if (!parsed.ok()) return Failure(parsed.status());
    const Result<api::Settings> settings = api::ParseSettings(options);
    if (!settings.ok()) return Failure(settings.status());
    TaskState state;
    if (!pixels.isUndefined() && parsed->size() == 1) {
      state.pixels = emscripten::convertJSArrayToNumberVector<uint8_t>(pixels);
      parsed->front().image.pixels = state.pixels;
    }
    auto run = session_->StartTask(std::move(*parsed), *settings, api::OffsetUnit::kUtf16);
    if (!run.ok()) return Failure(run.status());
    state.run = std::move(*run);
    size_t task = 0;
    while (task < tasks_.size() && tasks_[task].run) ++task;
    if (task == tasks_.size()) tasks_.emplace_back();
    tasks_[task] = std::move(state);
    return val(task);
  }
  // Continues for about `milliseconds`. Returns null in the middle of a batch, when the session can run nothing else;
  // undefined between two batches; and at the end the answers, as JSON or as arrays of numbers. The run is deleted at
  // the end, also after a failure.
  val StepTask(size_t task, double milliseconds) {
    api::TaskRun& run = *tasks_[task].run;
    const Result<bool> more = run.Step(options_, After(milliseconds));
    if (more.ok() && *more) return run.running() ? val::null() : val::undefined();
    const val answers = more.ok() ? AnswersToJs(run) : Failure(more.status());
    tasks_[task] = {};
    return answers;
  }
  void StopTask(size_t task) { tasks_[task] = {}; }
  val ArenaBytes() const { return val(static_cast<double>(session_->arena_bytes())); }

 private:
  struct TaskState {
    std::vector<uint8_t> pixels;
    std::unique_ptr<api::TaskRun> run;
  };

  static api::Deadline After(double milliseconds) {
    return std::chrono::steady_clock::now() + std::chrono::microseconds(static_cast<int64_t>(milliseconds * 1000));
  }

  std::shared_ptr<ThreadPool> pool_;  // may be null; outlives the session
  std::unique_ptr<api::Session> session_;
  std::optional<api::Run> run_;
  std::vector<TaskState> tasks_;  // running tasks; the others are empty
  api::RunOptions options_;
  std::vector<api::StepProfile> profile_;
  std::vector<std::string> names_;
  std::vector<Value> inputs_;
  std::span<const Value> outputs_;
};

// `model`: the address of a ModelHandle.
val CreateContract(uintptr_t model, const std::string& name, const std::string& version) {
  return ContractHandle::Create(reinterpret_cast<const ModelHandle*>(model)->model(), name, version);
}

void RegisterContract() {
  Handle<ContractHandle>()
      .Function<&CreateContract>("create")
      .Method<&ContractHandle::Start>("start")
      .Method<&ContractHandle::Tokens>("tokens")
      .Method<&ContractHandle::Step>("step")
      .Method<&ContractHandle::Stop>("stop");
}

struct NoContract : Counted {
  static constexpr char kType[] = "Contract";
  static val Create(uintptr_t, const std::string&, const std::string&) {
    return Failure(Unsupported("part 'http'", kTrimmed));
  }
};
void RegisterNoContract() { Handle<NoContract>().Function<&NoContract::Create>("create"); }
constexpr Part<void()> kPartHttp[] = {{"", RegisterNoContract}, {"http", RegisterContract}};

int LiveHandles() { return Counted::live; }
double MemoryBytes() { return static_cast<double>(emscripten_get_heap_size()); }

}  // namespace

EMSCRIPTEN_BINDINGS(onedge) {
  Handle<LoaderHandle>()
      .Function<&LoaderHandle::Create>("create")
      .Method<&LoaderHandle::Chunk>("chunk")
      .Method<&LoaderHandle::Feed>("feed")
      .Method<&LoaderHandle::ExternalFiles>("externalFiles")
      .Method<&LoaderHandle::FeedExternal>("feedExternal")
      .Method<&LoaderHandle::Finish>("finish");
  Handle<ModelHandle>()
      .Method<&ModelHandle::Describe>("describe")
      .Method<&ModelHandle::UsedParts>("usedParts")
      .Method<&ModelHandle::UsedBytes>("usedBytes")
      .Method<&ModelHandle::ResidentBytes>("residentBytes")
      .Method<&ModelHandle::HasTokenizer>("hasTokenizer")
      .Method<&ModelHandle::GetTokenizer>("tokenizer")
      .Method<&ModelHandle::Clone>("clone");
#ifdef __EMSCRIPTEN_SHARED_MEMORY__
  Handle<ThreadPoolHandle>()
      .Function<&ThreadPoolHandle::Create>("create")
      .Method<&ThreadPoolHandle::WordsOf>("wordsOf")
      .Method<&ThreadPoolHandle::FailedWord>("failedWord");
#endif
  Handle<SessionHandle>()
      .Function<&SessionHandle::Create>("create")
      .Method<&SessionHandle::PollCancelled>("pollCancelled")
      .Method<&SessionHandle::ProfileRuns>("profileRuns")
      .Method<&SessionHandle::Steps>("steps")
      .Method<&SessionHandle::ClearInputs>("clearInputs")
      .Method<&SessionHandle::AddInput>("addInput")
      .Method<&SessionHandle::AddStringInput>("addStringInput")
      .Method<&SessionHandle::Run>("run")
      .Method<&SessionHandle::StopRun>("stopRun")
      .Method<&SessionHandle::Output>("output")
      .Method<&SessionHandle::StartTask>("startTask")
      .Method<&SessionHandle::StepTask>("stepTask")
      .Method<&SessionHandle::StopTask>("stopTask")
      .Method<&SessionHandle::ArenaBytes>("arenaBytes");
  Chosen(kPartHttp)();
  Handle<TokenizerHandle>()
      .Function<&TokenizerHandle::Load>("load")
      .Method<&TokenizerHandle::LastFailure>("lastFailure")
      .Method<&TokenizerHandle::Decode>("decode")
      .Method<&TokenizerHandle::TokenToId>("tokenToId")
      .Method<&TokenizerHandle::IdToToken>("idToToken")
      .Method<&TokenizerHandle::VocabularySize>("vocabularySize");
  emscripten::function("liveHandles", &LiveHandles);
  emscripten::function("memoryBytes", &MemoryBytes);
}

}  // namespace onedge::wasm
