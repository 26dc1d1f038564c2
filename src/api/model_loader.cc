// ModelLoader: distinguishes .onedge from .onnx by the first bytes, and passes each part to its reader.
#include <algorithm>
#include <map>

#include "api/model_parts.h"
#include "base/sha256.h"
#include "onnx/loader.h"
#include "package/reader.h"

namespace onedge::api {
namespace {

constexpr std::string_view kZipSignature = "PK\x03\x04";
constexpr size_t kMaxTokenizerBytes = 512 << 20;

std::span<const uint8_t> AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::vector<ValueInfo> InfosOf(const std::vector<runtime::SignatureEntry>& entries, const graph::SymbolTable& symbols) {
  std::vector<ValueInfo> infos;
  for (const runtime::SignatureEntry& entry : entries) {
    ValueInfo& info = infos.emplace_back();
    info.name = entry.name;
    info.type = entry.type.ToString(symbols);
    if (!entry.type.is_tensor()) continue;
    info.dtype = entry.type.dtype;
    if (!entry.type.dims) continue;
    info.dims.emplace();
    for (const graph::Dim& dim : *entry.type.dims) {
      Dim& out = info.dims->emplace_back();
      if (dim.known())
        out.size = dim.value;
      else if (dim.symbol >= 0)
        out.name = symbols.names[static_cast<size_t>(dim.symbol)];
    }
  }
  return infos;
}

}  // namespace

class ModelLoader::Impl final : public package::Reader::Sink {
 public:
  explicit Impl(const LoadOptions& options)
      : options_(options), model_(new Model(options)), parts_(model_->parts_.get()), reader_(this, options.hash) {
    status_ = CheckDevice(options.device);
  }

  Status Feed(std::span<const uint8_t> bytes) {
    if (!status_.ok()) return status_;
    status_ = FeedChecked(bytes);
    return status_;
  }

  Result<std::vector<ExternalFile>> ExternalFiles() {
    ONEDGE_RETURN_IF_ERROR(status_);
    ONEDGE_RETURN_IF_ERROR(StartIfShort());
    std::vector<ExternalFile> files;
    if (is_package_) return files;
    ONEDGE_ASSIGN_OR_RETURN(auto parts, onnx_->ExternalParts());
    for (onnx::ExternalPart& part : parts) files.push_back({std::move(part.location), part.begin, part.end});
    return files;
  }

  Status FeedExternal(std::string_view location, uint64_t offset, std::span<const uint8_t> bytes) {
    ONEDGE_RETURN_IF_ERROR(status_);
    if (!onnx_) return InvalidArgument("external data came before the model");
    return onnx_->FeedExternal(location, offset, bytes);
  }

  Result<std::shared_ptr<const Model>> Finish() {
    ONEDGE_RETURN_IF_ERROR(status_);
    ONEDGE_RETURN_IF_ERROR(StartIfShort());
    status_ = InvalidArgument("this loader cannot be used after Finish");
    if (is_package_) {
      ONEDGE_RETURN_IF_ERROR(reader_.Finish());
      if (!onnx_) return CorruptFile("the package contains no model.onnx");
      parts_->digest = reader_.digest();
    } else if (options_.digest) {
      if (options_.hash) {
        options_.hash->End("", "");
      } else {
        parts_->digest = ToHex(sha256_.Finish());
      }
    }
    ONEDGE_ASSIGN_OR_RETURN(onnx::Model loaded, onnx_->Finish());
    onnx_.reset();
    for (onnx::OpsetImport& import : loaded.opset_imports) {
      parts_->opset_imports.push_back({import.domain.empty() ? "ai.onnx" : std::move(import.domain), import.version});
    }
    CountContents(loaded.graph);
    const backends::Backend* const backends[] = {&parts_->backend};
    runtime::ModelOptions model_options;
    model_options.backends = backends;
    model_options.budget = &parts_->budget;
    model_options.optimize = options_.optimize;
    model_options.used = &parts_->used;
    std::vector<optimizer::Miss> misses;
    if (options_.keep_misses) model_options.optimizer_misses = &misses;
    ONEDGE_ASSIGN_OR_RETURN(parts_->model, runtime::Model::Create(std::move(loaded.graph), model_options));
    for (const optimizer::Miss& miss : misses) {
      parts_->misses.push_back(StrCat(miss.pass, "  ", miss.op_type, " '", miss.node, "': ", miss.reason));
    }
    parts_->inputs = InfosOf(parts_->model->inputs(), parts_->model->symbols());
    parts_->outputs = InfosOf(parts_->model->outputs(), parts_->model->symbols());
    return std::shared_ptr<const Model>(std::move(model_));
  }

  Status OnManifest(const package::Manifest& manifest) override {
    parts_->manifest = manifest;
    return OkStatus();
  }
  Status OnPartBegin(const package::Part& part, uint64_t) override {
    part_ = part.name;
    part_offset_ = 0;
    if (part_ == "model.onnx") {
      onnx_ = onnx::Loader::Create({.budget = &parts_->budget, .model_bytes = part.size});
    } else if (IsTokenizer()) {
      if (part.size > kMaxTokenizerBytes) return ResourceExhausted(part_, ": ", part.size, " bytes are too many");
      const size_t size = static_cast<size_t>(part.size);
      tokenizer_memory_ = MemoryReservation(&parts_->budget);
      if (Status status = tokenizer_memory_.Grow(size); !status.ok()) return std::move(status).WithContext(part_);
      tokenizer_.reserve(size);
    } else if (onnx_ && NeedsExternal()) {
      return onnx_->BeginExternal(part_, part.size);
    }
    return OkStatus();
  }
  Status OnPartBytes(std::span<const uint8_t> bytes) override {
    const uint64_t offset = part_offset_;
    part_offset_ += bytes.size();
    if (part_ == "model.onnx") return onnx_->Feed(bytes);
    if (IsTokenizer()) {
      tokenizer_.insert(tokenizer_.end(), bytes.begin(), bytes.end());
      return OkStatus();
    }
    return onnx_ && NeedsExternal() ? onnx_->FeedExternal(part_, offset, bytes) : OkStatus();
  }
  Status OnPartEnd() override {
    if (IsTokenizer()) {
      std::vector<uint8_t> bytes = std::exchange(tokenizer_, {});
      MemoryReservation memory = std::move(tokenizer_memory_);  // freed together with the bytes
      if (part_ == "tokenizer.json") {
        ONEDGE_ASSIGN_OR_RETURN(parts_->tokenizer, tokenizer::Tokenizer::Load(bytes, &parts_->budget));
      } else if (auto image = tokenizer::Tokenizer::LoadImage(std::move(bytes), std::move(memory)); image.ok()) {
        parts_->tokenizer = std::move(*image);
      } else if (image.status().code() != StatusCode::kUnsupported) {
        return std::move(image).status();  // of another version: the tokenizer.json after it is used
      }
    } else if (part_ == "model.onnx") {
      ONEDGE_ASSIGN_OR_RETURN(external_parts_, onnx_->ExternalParts());
    }
    return OkStatus();
  }

 private:
  Status FeedChecked(std::span<const uint8_t> bytes) {
    parts_->file_bytes += bytes.size();
    if (!started_) {
      head_.append(bytes.begin(), bytes.end());
      if (head_.size() < kZipSignature.size()) return OkStatus();
      Start();
      const std::string head = std::exchange(head_, {});
      return Route(AsBytes(head));
    }
    return Route(bytes);
  }

  void Start() {
    started_ = true;
    is_package_ = std::string_view(head_).starts_with(kZipSignature);
    if (!is_package_) onnx_ = onnx::Loader::Create({.budget = &parts_->budget, .model_bytes = options_.total_bytes});
  }

  // A file of less than four bytes is not a model; the ONNX loader has the better message.
  Status StartIfShort() {
    if (started_) return OkStatus();
    Start();
    const std::string head = std::exchange(head_, {});
    return Route(AsBytes(head));
  }

  Status Route(std::span<const uint8_t> bytes) {
    if (is_package_) return reader_.Feed(bytes);
    if (options_.digest && options_.hash) {
      options_.hash->Update(bytes);
    } else if (options_.digest) {
      sha256_.Update(bytes);
    }
    return onnx_->Feed(bytes);
  }

  // tokenizer.json is for readers that cannot use the compiled image before it.
  bool IsTokenizer() const { return part_ == "tokenizer.bin" || (part_ == "tokenizer.json" && !parts_->tokenizer); }

  bool NeedsExternal() const {
    return std::any_of(external_parts_.begin(), external_parts_.end(),
                       [&](const onnx::ExternalPart& external) { return external.location == part_; });
  }

  void CountContents(const graph::Graph& graph) {
    for (const auto& [id, tensor] : graph.constants) parts_->parameters += static_cast<size_t>(tensor.element_count());
    std::map<std::string, size_t> counts;
    for (const graph::Node& node : graph.nodes) {
      ++counts[node.domain.empty() ? node.op_type : StrCat(node.domain, ".", node.op_type)];
    }
    parts_->operators.assign(counts.begin(), counts.end());
  }

  LoadOptions options_;
  Status status_;
  std::shared_ptr<Model> model_;
  Model::Parts* const parts_;  // the parts of model_
  bool started_ = false;
  bool is_package_ = false;
  std::string head_;  // the first bytes, until they identify the file
  Sha256 sha256_;     // of an .onnx file
  std::optional<onnx::Loader> onnx_;
  package::Reader reader_;
  std::string part_;
  uint64_t part_offset_ = 0;
  std::vector<onnx::ExternalPart> external_parts_;
  MemoryReservation tokenizer_memory_;
  std::vector<uint8_t> tokenizer_;  // the part being read
};

ModelLoader::ModelLoader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ModelLoader::~ModelLoader() = default;

std::unique_ptr<ModelLoader> ModelLoader::Create(const LoadOptions& options) {
  return std::unique_ptr<ModelLoader>(new ModelLoader(std::make_unique<Impl>(options)));
}

Status ModelLoader::Feed(std::span<const uint8_t> bytes) { return impl_->Feed(bytes); }
Result<std::vector<ExternalFile>> ModelLoader::ExternalFiles() { return impl_->ExternalFiles(); }
Status ModelLoader::FeedExternal(std::string_view location, uint64_t offset, std::span<const uint8_t> bytes) {
  return impl_->FeedExternal(location, offset, bytes);
}
Result<std::shared_ptr<const Model>> ModelLoader::Finish() { return impl_->Finish(); }

}  // namespace onedge::api
