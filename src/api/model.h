// api::Model: a model as a host loads it, from .onnx or .onedge bytes that arrive in pieces: graph, weights, tokenizer
// and task. Immutable after loading and shared by its Sessions. The core opens no files: hosts feed the bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/session.h"
#include "api/tokenizer.h"
#include "base/memory_budget.h"
#include "base/thread_pool.h"
#include "package/host_hash.h"
#include "package/manifest.h"

namespace onedge::api {

using package::Manifest;
using package::Settings;

struct LoadOptions {
  static constexpr uint64_t kUnknown = UINT64_MAX;

  std::string device = "auto";                     // where the model runs: "cpu", "cuda" or "auto"
  size_t memory_limit = MemoryBudget::kUnlimited;  // bytes for weights, tokenizer files and activations together
  uint64_t total_bytes = kUnknown;                 // length of the file, if the host knows it
  bool digest = true;                 // of an .onnx file: hashing takes longer than the rest of the loading
  package::HostHash* hash = nullptr;  // null: hash here. Otherwise Model::digest() of an .onnx file is empty
  bool optimize = true;               // false: runs the operators of the file, for comparison
  bool keep_misses = false;           // see Model::misses
};

// A dimension of an input or output: a size, or the name of a dimension of the inputs. Neither: unknown.
struct Dim {
  int64_t size = -1;  // -1: unknown
  std::string name;
};

// An input or output of a model.
struct ValueInfo {
  std::string name;
  DType dtype = DType::kUndefined;       // of a tensor; kUndefined for a sequence, optional or map
  std::optional<std::vector<Dim>> dims;  // nullopt: any rank
  std::string type;                      // the type as text: "int64 [batch, seq]"
};

struct OpsetImport {
  std::string domain;  // "ai.onnx", "com.microsoft", ...
  int64_t version = 0;
};

class Model : public std::enable_shared_from_this<Model> {
 public:
  ~Model();

  // The content of manifest.json. For a bare .onnx file: a manifest named "" without task, tokenizer and labels.
  const Manifest& manifest() const;
  const std::vector<ValueInfo>& inputs() const;
  const std::vector<ValueInfo>& outputs() const;
  const Tokenizer* tokenizer() const;  // null if the file has none; lives as long as the model
  // sha256 in hex, of the whole .onnx file, or of the package's manifest, which contains the digests of all its parts.
  // Empty for an .onnx file that was loaded without LoadOptions::digest.
  const std::string& digest() const;
  uint64_t file_bytes() const;
  size_t weight_bytes() const;  // in memory: raw, and packed for kernels
  MemoryBudget& budget() const;
  const std::vector<OpsetImport>& opset_imports() const;
  size_t parameters() const;  // elements of all initializers
  // The operators of the file by name, with the number of their nodes.
  const std::vector<std::pair<std::string, size_t>>& operators() const;

  // The operators after optimization, subgraphs included.
  std::vector<std::pair<std::string, size_t>> optimized_operators() const;
  // With LoadOptions::keep_misses: one line for each node that looked like the root of a fusion but did not match:
  // pass, node and reason.
  const std::vector<std::string>& misses() const;

  // A session set up for the model's task. InvalidArgument if the model cannot do what the manifest requires. `threads`
  // may be null; otherwise it must outlive the session.
  Result<std::unique_ptr<Session>> CreateSession(ThreadPool* threads = nullptr) const;

  // Values that live from one run to the next (runtime/state.h), for RunOptions::state of any session of the model.
  // Under the model's memory budget. InvalidArgument: the model lacks an input or output, or a pair does not fit it.
  Result<std::unique_ptr<State>> CreateState(std::vector<StatePair> pairs,
                                             const std::vector<GrowingInput>& growing_inputs = {}) const;

  // Name, version, task, labels, signature, opset imports, operators, parameters, memory and digest as one JSON object.
  // `optimized`: also the operators after optimization, and the misses.
  std::string DescribeJson(bool optimized = false) const;

  // For `onedge trim`: see runtime::ModelOptions.
  const std::string& used_parts() const;

  struct Parts;  // model_parts.h; internal
  const Parts& parts() const { return *parts_; }

 private:
  friend class ModelLoader;
  explicit Model(const LoadOptions& options);

  std::unique_ptr<Parts> parts_;
};

// A separate file that an .onnx file needs.
struct ExternalFile {
  std::string location;  // relative to the model's folder, and inside it
  uint64_t begin = 0;    // the required bytes: [begin, end)
  uint64_t end = 0;
};

class ModelLoader {
 public:
  static std::unique_ptr<ModelLoader> Create(const LoadOptions& options = {});
  ~ModelLoader();

  // The next bytes of the file, in pieces of any size. After a failure every call fails with the same Status.
  Status Feed(std::span<const uint8_t> bytes);
  // For an .onnx file with separate weights, after its last byte: the files that must follow.
  Result<std::vector<ExternalFile>> ExternalFiles();
  Status FeedExternal(std::string_view location, uint64_t offset, std::span<const uint8_t> bytes);
  // Call after the last byte. Do not use the loader afterwards.
  Result<std::shared_ptr<const Model>> Finish();

 private:
  class Impl;
  explicit ModelLoader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace onedge::api
