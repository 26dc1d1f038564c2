#include "onnx/loader.h"

#include <algorithm>
#include <optional>

#include "base/trimmed.h"
#include "onnx/build_graph.h"
#include "onnx/file_kind.h"
#include "onnx/inline_functions.h"
#include "onnx/sparse_tensor.h"
#include "onnx/tensor_decoder.h"
#include "onnx/wire_walker.h"

namespace onedge::onnx {
namespace {

Status MissingFunctions(GraphProto&, const std::vector<OpsetImport>&, std::vector<FunctionProto>, size_t) {
  return Unsupported("part 'functions'", kTrimmed);
}
constexpr Part<decltype(InlineFunctions)> kPartFunctions[] = {{"", MissingFunctions}, {"functions", InlineFunctions}};

// Field numbers of ModelProto and GraphProto.
enum ModelField : uint32_t {
  kIrVersion = 1,
  kProducerName = 2,
  kProducerVersion = 3,
  kDomain = 4,
  kModelVersion = 5,
  kDocString = 6,
  kGraph = 7,
  kOpsetImport = 8,
  kMetadataProps = 14,
  kFunctions = 25,
  kLastPlausible = 1000,  // later versions of ONNX may add fields, but not with numbers this high
};
enum GraphField : uint32_t {
  kNode = 1,
  kGraphName = 2,
  kInitializer = 5,
  kInput = 11,
  kOutput = 12,
  kValueInfo = 13,
  kSparseInitializer = 15,
};

}  // namespace

class Loader::Impl final : public WireWalker::Handler {
 public:
  explicit Impl(const LoaderOptions& options)
      : options_(options), walker_(this, options.budget, options.model_bytes), external_(options.budget) {
    context_.budget = options.budget;
    context_.max_dense_bytes = options.max_dense_bytes;
    context_.external = &external_;
    context_.symbols = symbols_.get();
  }

  Status Feed(std::span<const uint8_t> bytes) {
    if (complete_) return InvalidArgument("the model is complete; no more bytes are expected");
    const size_t head = std::min(bytes.size(), kFileHeadBytes - head_.size());
    head_.insert(head_.end(), bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(head));
    return Keep(Explain(walker_.Feed(bytes)));
  }

  // All bytes of the model file have arrived.
  Status Complete() {
    if (complete_ || !status_.ok()) return status_;
    if (walker_.offset() == 0) return Keep(CorruptFile("the model is empty: 0 bytes came"));
    ONEDGE_RETURN_IF_ERROR(Keep(Explain(walker_.Finish())));
    if (!graph_seen_) return Keep(Explain(CorruptFile("the file has no graph")));
    complete_ = true;
    return OkStatus();
  }

  // The first failure stays.
  Status Keep(Status status) {
    if (status_.ok()) status_ = std::move(status);
    return status_;
  }
  const Status& status() const { return status_; }
  ExternalData& external() { return external_; }

  Result<Model> Finish() {
    ONEDGE_RETURN_IF_ERROR(Complete());
    ONEDGE_RETURN_IF_ERROR(external_.Finish());
    ONEDGE_RETURN_IF_ERROR(CheckImports());
    ONEDGE_RETURN_IF_ERROR(ResolveOpsets(graph_, model_.opset_imports, functions_));
    if (!functions_.empty()) {
      ONEDGE_RETURN_IF_ERROR(
          Chosen(kPartFunctions)(graph_, model_.opset_imports, std::move(functions_), options_.max_nodes));
    }
    ONEDGE_ASSIGN_OR_RETURN(model_.graph, BuildGraph(std::move(graph_), symbols_));
    status_ = InvalidArgument("this Loader cannot be used after Finish");
    return std::move(model_);
  }

 private:
  enum class Level : uint8_t { kModel, kGraph, kTensor };

  Result<WireWalker::Action> OnBegin(uint32_t field, uint64_t size) override {
    using Action = WireWalker::Action;
    if (level_ == Level::kTensor) {
      ONEDGE_ASSIGN_OR_RETURN(const std::optional<bool> streamed, decoder_->Begin(field, size));
      return !streamed ? Action::kSkip : *streamed ? Action::kStream : Action::kCollect;
    }
    if (level_ == Level::kGraph) {
      switch (field) {
        case kInitializer:
          level_ = Level::kTensor;
          decoder_.emplace(options_.budget, options_.model_bytes != LoaderOptions::kUnknown);
          return Action::kEnter;
        case kNode:
          if (graph_.nodes.size() == options_.max_nodes) {
            return ResourceExhausted("the graph has more than ", options_.max_nodes, " nodes");
          }
          return Action::kCollect;
        case kGraphName:
        case kInput:
        case kOutput:
        case kValueInfo:
        case kSparseInitializer:
          return Action::kCollect;
        default:
          return Action::kSkip;
      }
    }
    switch (field) {
      case kGraph:
        if (graph_seen_) return CorruptFile("the file has two graphs");
        graph_seen_ = true;
        level_ = Level::kGraph;
        return Action::kEnter;
      case kProducerName:
      case kProducerVersion:
      case kDomain:
      case kDocString:
      case kOpsetImport:
      case kMetadataProps:
      case kFunctions:
        return Action::kCollect;
      case kIrVersion:
      case kModelVersion:
        return CorruptFile("field ", field, " of ModelProto: expected a varint, got length-delimited");
      default:
        return field > kLastPlausible ? Result<Action>(UnknownField(field)) : Action::kSkip;
    }
  }

  static Status UnknownField(uint32_t field) {
    return CorruptFile("field ", field, " of the model is not one that ONNX defines; the file is damaged");
  }

  Status OnScalar(uint32_t field, WireType type, uint64_t value) override {
    if (level_ == Level::kTensor) return decoder_->Scalar(field, type, value);
    if (level_ == Level::kGraph) {
      const bool known = field == kNode || field == kGraphName || field == kInitializer || field == kInput ||
                         field == kOutput || field == kValueInfo || field == kSparseInitializer;
      return known ? NotBytes("graph", field, type) : OkStatus();
    }
    switch (field) {
      case kIrVersion:
      case kModelVersion:
        if (type != WireType::kVarint) {
          return CorruptFile("field ", field, " of ModelProto: expected a varint, got ",
                             WireTypeName(static_cast<unsigned>(type)));
        }
        (field == kIrVersion ? model_.ir_version : model_.model_version) = static_cast<int64_t>(value);
        return OkStatus();
      case kGraph:
      case kProducerName:
      case kProducerVersion:
      case kDomain:
      case kDocString:
      case kOpsetImport:
      case kMetadataProps:
      case kFunctions:
        return NotBytes("model", field, type);
      default:
        return field > kLastPlausible ? UnknownField(field) : OkStatus();
    }
  }

  static Status NotBytes(std::string_view what, uint32_t field, WireType type) {
    return CorruptFile("field ", field, " of the ", what, " has wire type ", WireTypeName(static_cast<unsigned>(type)),
                       ", expected length-delimited");
  }

  Status OnWhole(uint32_t field, std::span<const uint8_t> bytes) override {
    if (level_ == Level::kTensor) return decoder_->Whole(field, bytes);
    if (level_ == Level::kGraph) {
      switch (field) {
        case kNode:
          return ParseNode(bytes, context_, graph_.nodes.emplace_back());
        case kGraphName:
          graph_.name = AsText(bytes);
          return OkStatus();
        case kInput:
          return ParseValueInfo(bytes, context_, graph_.inputs.emplace_back());
        case kOutput:
          return ParseValueInfo(bytes, context_, graph_.outputs.emplace_back());
        case kValueInfo:
          return ParseValueInfo(bytes, context_, graph_.value_infos.emplace_back());
        default:
          break;
      }
      ONEDGE_ASSIGN_OR_RETURN(TensorEntry dense, DecodeSparseTensor(bytes, options_.budget, options_.max_dense_bytes));
      graph_.initializers.push_back(std::move(dense));
      return OkStatus();
    }
    switch (field) {
      case kProducerName:
        model_.producer_name = AsText(bytes);
        return OkStatus();
      case kProducerVersion:
        model_.producer_version = AsText(bytes);
        return OkStatus();
      case kDomain:
        model_.domain = AsText(bytes);
        return OkStatus();
      case kDocString:
        model_.doc_string = AsText(bytes);
        return OkStatus();
      case kOpsetImport:
        return ParseOpsetImport(bytes, model_.opset_imports.emplace_back());
      case kMetadataProps:
        return ParseStringEntry(bytes, model_.metadata_props.emplace_back());
      default:
        return ParseFunction(bytes, context_, functions_.emplace_back());
    }
  }

  Status OnPiece(std::span<const uint8_t> bytes) override { return decoder_->Piece(bytes); }
  Status OnStreamEnd() override { return decoder_->StreamEnd(); }

  Status OnMessageEnd() override {
    if (level_ == Level::kTensor) {
      level_ = Level::kGraph;
      ONEDGE_ASSIGN_OR_RETURN(TensorEntry tensor, decoder_->Finish(&external_));
      decoder_.reset();
      graph_.initializers.push_back(std::move(tensor));
    } else {
      level_ = Level::kModel;
    }
    return OkStatus();
  }

  // If a broken file has a recognisable other format, the message names it.
  Status Explain(Status status) const {
    if (status.ok() || (model_.ir_version != 0 && graph_seen_)) return status;
    const std::string_view kind = GuessFileKind(head_);
    if (kind.empty()) return std::move(status).WithContext("this is not an ONNX model, or a damaged one");
    return CorruptFile("this is not an ONNX model; it looks like ", kind);
  }

  Status CheckImports() {
    auto& imports = model_.opset_imports;
    if (imports.size() > kMaxListed) return CorruptFile("the model imports more than ", kMaxListed, " opsets");
    if (imports.empty()) imports.push_back({"", 1});  // the meaning of no import in IR versions before 3
    for (size_t i = 0; i < imports.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (imports[i].domain == imports[j].domain && imports[i].version != imports[j].version) {
          return CorruptFile("the model imports opsets ", imports[j].version, " and ", imports[i].version,
                             " of domain '", imports[i].domain, "'");
        }
      }
    }
    return OkStatus();
  }

  const LoaderOptions options_;
  WireWalker walker_;
  ExternalData external_;
  std::shared_ptr<graph::SymbolTable> symbols_ = std::make_shared<graph::SymbolTable>();
  ParseContext context_;
  Level level_ = Level::kModel;
  bool graph_seen_ = false;
  bool complete_ = false;
  Status status_;
  std::vector<uint8_t> head_;  // the first bytes of the file, for Explain
  std::optional<TensorDecoder> decoder_;
  GraphProto graph_;
  std::vector<FunctionProto> functions_;
  Model model_;
};

Loader::Loader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Loader::~Loader() = default;
Loader::Loader(Loader&&) noexcept = default;
Loader& Loader::operator=(Loader&&) noexcept = default;

Loader Loader::Create(const LoaderOptions& options) { return Loader(std::make_unique<Impl>(options)); }

Status Loader::Feed(std::span<const uint8_t> bytes) {
  ONEDGE_RETURN_IF_ERROR(impl_->status());
  return impl_->Feed(bytes);
}

Result<std::vector<ExternalPart>> Loader::ExternalParts() {
  ONEDGE_RETURN_IF_ERROR(impl_->Complete());
  return impl_->external().Parts();
}

Status Loader::BeginExternal(std::string_view location, uint64_t total_bytes) {
  ONEDGE_RETURN_IF_ERROR(impl_->Complete());
  return impl_->external().Begin(location, total_bytes);
}

Status Loader::FeedExternal(std::string_view location, uint64_t offset, std::span<const uint8_t> bytes) {
  ONEDGE_RETURN_IF_ERROR(impl_->Complete());
  return impl_->external().Feed(location, offset, bytes);
}

Result<Model> Loader::Finish() { return impl_->Finish(); }

Result<Model> Load(std::span<const uint8_t> bytes, LoaderOptions options) {
  options.model_bytes = bytes.size();
  Loader loader = Loader::Create(options);
  ONEDGE_RETURN_IF_ERROR(loader.Feed(bytes));
  return loader.Finish();
}

}  // namespace onedge::onnx
