// The Embind bindings: what js/ sees of the C++ core. Thin: every decision is made on one side or the other.
// Fallible functions answer a value or {error}; see result.h. Handles are deleted by their owner in JS (`delete()`);
// see handles.h.
#include <emscripten/heap.h>

#include "api/model.h"
#include "wasm/handles.h"
#include "wasm/tokenizer_binding.h"

namespace onedge::wasm {
namespace {

// Typed array views over wasm memory are valid until the next allocation: JS copies out of or into them at once.
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

val LabelsToJs(const std::vector<tasks::LabelScore>& ranked) {
  val out = val::array();
  for (const tasks::LabelScore& entry : ranked) {
    val item = val::object();
    item.set("label", ToJs(entry.label));
    item.set("score", entry.score);
    out.call<void>("push", item);
  }
  return out;
}

class ModelHandle : public Counted {
 public:
  static constexpr char kType[] = "Model";
  explicit ModelHandle(std::shared_ptr<const api::Model> model) : model_(std::move(model)) {}

  val Describe() const { return ToJs(model_->DescribeJson()); }
  val UsedBytes() const { return val(static_cast<double>(model_->budget().used_bytes())); }
  val ResidentBytes() const { return val(static_cast<double>(model_->runtime_model().resident_bytes())); }
  bool HasTokenizer() const { return model_->tokenizer() != nullptr; }
  val GetTokenizer() const {
    // The model stays alive as long as the tokenizer that belongs to it.
    std::shared_ptr<const tokenizer::Tokenizer> tokenizer(model_, model_->tokenizer());
    return Own(std::make_unique<TokenizerHandle>(std::move(tokenizer)));
  }
  val Clone() { return Share(this); }
  const std::shared_ptr<const api::Model>& model() const { return model_; }

 private:
  std::shared_ptr<const api::Model> model_;
};

class LoaderHandle : public Counted {
 public:
  static constexpr char kType[] = "Loader";
  // `memory_limit` and `total_bytes` in bytes; 0: none, unknown. `digest`: whether an .onnx file is hashed.
  static val Create(double memory_limit, double total_bytes, bool digest) {
    api::LoadOptions options;
    options.digest = digest;
    if (memory_limit > 0) options.memory_limit = static_cast<size_t>(memory_limit);
    if (total_bytes > 0) options.total_bytes = static_cast<uint64_t>(total_bytes);
    auto loader = std::make_unique<LoaderHandle>();
    loader->loader_ = api::ModelLoader::Create(options);
    return Own(std::move(loader));
  }

  // Room for the next `bytes` bytes of the file, which JS fills before Feed.
  val Chunk(size_t bytes) {
    if (chunk_.size() < bytes) chunk_.resize(bytes);
    return ViewOf(chunk_.data(), bytes);
  }
  val Feed(size_t bytes) {
    const Status status = loader_->Feed({chunk_.data(), std::min(bytes, chunk_.size())});
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
  std::unique_ptr<api::ModelLoader> loader_;
  std::vector<uint8_t> chunk_;
};

class SessionHandle : public Counted {
 public:
  static constexpr char kType[] = "Session";
  explicit SessionHandle(std::unique_ptr<api::Session> session) : session_(std::move(session)) {}

  // `model`: the address of a ModelHandle.
  static val Create(uintptr_t model) {
    auto session = reinterpret_cast<const ModelHandle*>(model)->model()->CreateSession();
    if (!session.ok()) return Failure(session.status());
    return Own(std::make_unique<SessionHandle>(std::move(*session)));
  }

  // `cancelled` is a JS function, polled between the steps of every run until the next call here; or undefined.
  void PollCancelled(val cancelled) {
    options_.cancelled = nullptr;
    if (!cancelled.isUndefined()) options_.cancelled = [cancelled] { return cancelled().as<bool>(); };
  }

  void ClearInputs() {
    names_.clear();
    inputs_.clear();
    outputs_ = {};
  }
  // A Uint8Array over the bytes of a new input tensor, for JS to fill.
  val AddInput(const std::string& name, const std::string& dtype_name, const val& dims) {
    const auto dtype = DTypeOf(dtype_name);
    if (!dtype) return Failure(InvalidArgument("input '", name, "': '", dtype_name, "' is no dtype"));
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
  val Run() {
    std::vector<runtime::NamedValue> named;
    for (size_t i = 0; i < inputs_.size(); ++i) named.push_back({names_[i], std::move(inputs_[i])});
    Result<std::span<const Value>> outputs = session_->Run(named, options_);
    ClearInputs();
    if (!outputs.ok()) return Failure(outputs.status());
    outputs_ = *outputs;
    return val(static_cast<double>(outputs_.size()));
  }
  // {name, dtype, dims, data}: data is a Uint8Array of its own, or an array of strings. Of the last Run.
  val Output(size_t i) const {
    if (i >= outputs_.size()) return Failure(InvalidArgument("output ", i, " does not exist"));
    const std::string& name = session_->model().runtime_model().outputs()[i].name;
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

  val ClassifyText(const std::string& text, size_t top_k) {
    const auto ranked = session_->ClassifyText(text, top_k, options_);
    return ranked.ok() ? LabelsToJs(*ranked) : Failure(ranked.status());
  }
  // `pixels`: Uint8Array or Uint8ClampedArray, rows from the top.
  val ClassifyImage(const val& pixels, size_t width, size_t height, size_t channels, size_t top_k) {
    const std::vector<uint8_t> bytes = emscripten::convertJSArrayToNumberVector<uint8_t>(pixels);
    const auto ranked = session_->ClassifyImage({bytes, width, height, channels}, top_k, options_);
    return ranked.ok() ? LabelsToJs(*ranked) : Failure(ranked.status());
  }
  val Embed(const std::string& text) {
    const auto vector = session_->Embed(text, options_);
    return vector.ok() ? CopyToJs(*vector) : Failure(vector.status());
  }
  val ArenaBytes() const { return val(static_cast<double>(session_->arena_bytes())); }

 private:
  std::unique_ptr<api::Session> session_;
  runtime::RunOptions options_;
  std::vector<std::string> names_;
  std::vector<Value> inputs_;
  std::span<const Value> outputs_;
};

int LiveHandles() { return Counted::live; }
double MemoryBytes() { return static_cast<double>(emscripten_get_heap_size()); }

}  // namespace

EMSCRIPTEN_BINDINGS(onedge) {
  Handle<LoaderHandle>()
      .Function<&LoaderHandle::Create>("create")
      .Method<&LoaderHandle::Chunk>("chunk")
      .Method<&LoaderHandle::Feed>("feed")
      .Method<&LoaderHandle::Finish>("finish");
  Handle<ModelHandle>()
      .Method<&ModelHandle::Describe>("describe")
      .Method<&ModelHandle::UsedBytes>("usedBytes")
      .Method<&ModelHandle::ResidentBytes>("residentBytes")
      .Method<&ModelHandle::HasTokenizer>("hasTokenizer")
      .Method<&ModelHandle::GetTokenizer>("tokenizer")
      .Method<&ModelHandle::Clone>("clone");
  Handle<SessionHandle>()
      .Function<&SessionHandle::Create>("create")
      .Method<&SessionHandle::PollCancelled>("pollCancelled")
      .Method<&SessionHandle::ClearInputs>("clearInputs")
      .Method<&SessionHandle::AddInput>("addInput")
      .Method<&SessionHandle::AddStringInput>("addStringInput")
      .Method<&SessionHandle::Run>("run")
      .Method<&SessionHandle::Output>("output")
      .Method<&SessionHandle::ClassifyText>("classifyText")
      .Method<&SessionHandle::ClassifyImage>("classifyImage")
      .Method<&SessionHandle::Embed>("embed")
      .Method<&SessionHandle::ArenaBytes>("arenaBytes");
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
