// api::Model: a model as a host loads it, from .onnx or .onedge bytes that arrive in pieces: graph, weights, tokenizer
// and task. Immutable after loading and shared by its Sessions. The core opens no files: hosts feed bytes.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "api/session.h"
#include "backends/cpu/cpu_backend.h"
#include "onnx/loader.h"
#include "package/manifest.h"
#include "runtime/model.h"
#include "tokenizer/tokenizer.h"

namespace onedge::api {

struct LoadOptions {
  size_t memory_limit = MemoryBudget::kUnlimited;        // bytes for weights, tokenizer files and activations together
  uint64_t total_bytes = onnx::LoaderOptions::kUnknown;  // length of the file, where the host knows it
  bool digest = true;  // of an .onnx file: hashing takes longer than the rest of the loading, where nobody asks for it
};

class Model : public std::enable_shared_from_this<Model> {
 public:
  ~Model();

  // What manifest.json says; for a bare .onnx file a manifest without task, tokenizer and labels, named "".
  const package::Manifest& manifest() const { return manifest_; }
  const runtime::Model& runtime_model() const { return *model_; }
  const tokenizer::Tokenizer* tokenizer() const { return tokenizer_.get(); }  // null where the file holds none
  // sha256 in hex, of the whole .onnx file, or of the package's manifest, which names the digests of all its parts.
  // Empty for an .onnx file that was loaded without LoadOptions::digest.
  const std::string& digest() const { return digest_; }
  uint64_t file_bytes() const { return file_bytes_; }
  MemoryBudget& budget() const { return *budget_; }
  const std::vector<onnx::OpsetImport>& opset_imports() const { return opset_imports_; }
  size_t parameters() const { return parameters_; }  // elements of all initializers
  // Operators of the file, by name: how many nodes.
  const std::vector<std::pair<std::string, size_t>>& operators() const { return operators_; }

  // A session with the model's task set up; kInvalidArgument when the manifest asks for what the model cannot do.
  // `threads` may be null; otherwise it outlives the session.
  Result<std::unique_ptr<Session>> CreateSession(ThreadPool* threads = nullptr) const;

  // Name, version, task, labels, signature, opset imports, operators, parameters, memory and digest as one JSON object.
  std::string DescribeJson() const;

 private:
  friend class ModelLoader;
  Model() = default;

  std::unique_ptr<MemoryBudget> budget_;  // first, so that it outlives what it counts
  backends::cpu::CpuBackend backend_;
  package::Manifest manifest_;
  std::shared_ptr<const runtime::Model> model_;
  std::unique_ptr<const tokenizer::Tokenizer> tokenizer_;
  std::vector<onnx::OpsetImport> opset_imports_;
  size_t parameters_ = 0;
  std::vector<std::pair<std::string, size_t>> operators_;
  std::string digest_;
  uint64_t file_bytes_ = 0;
};

class ModelLoader {
 public:
  static std::unique_ptr<ModelLoader> Create(const LoadOptions& options = {});
  ~ModelLoader();

  // The next bytes of the file, in pieces of any size. After a failure every call fails with the same Status.
  Status Feed(std::span<const uint8_t> bytes);
  // For an .onnx file whose weights lie beside it, once its last byte is fed: the files that are still to come.
  Result<std::vector<onnx::ExternalPart>> ExternalParts();
  Status FeedExternal(std::string_view location, uint64_t offset, std::span<const uint8_t> bytes);
  // After the last byte. The loader is spent afterwards.
  Result<std::shared_ptr<const Model>> Finish();

 private:
  class Impl;
  explicit ModelLoader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace onedge::api
