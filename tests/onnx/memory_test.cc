// Peak memory while a model of 100 MB streams in: at most 1.15 times the resident weights plus the largest tensor.
// Counts the bytes from operator new (in this whole test program) and from the MemoryBudget (all Buffers).
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "tests/onnx/model_builder.h"

namespace {

std::atomic<size_t> live_bytes{0};
std::atomic<size_t> peak_live_bytes{0};
constexpr size_t kHeader = 16;  // keeps the alignment of malloc

}  // namespace

void* operator new(size_t size) {
  void* block = std::malloc(size + kHeader);
  if (!block) std::abort();
  *static_cast<size_t*>(block) = size;
  const size_t live = live_bytes += size;
  size_t peak = peak_live_bytes;
  while (live > peak && !peak_live_bytes.compare_exchange_weak(peak, live)) {
  }
  return static_cast<char*>(block) + kHeader;
}
void operator delete(void* pointer) noexcept {
  if (!pointer) return;
  void* block = static_cast<char*>(pointer) - kHeader;
  live_bytes -= *static_cast<size_t*>(block);
  std::free(block);
}
void operator delete(void* pointer, size_t) noexcept { operator delete(pointer); }

namespace onedge::onnx {
namespace {

constexpr size_t kChunk = 64 << 10;
constexpr int64_t kTensors = 10;
constexpr int64_t kFloats = 2'500'000;  // of each tensor: 10 MB
constexpr size_t kTensorBytes = size_t{4} * kFloats;

// Calls `feed` with the file's bytes in chunks. It never holds a whole file.
class ChunkWriter {
 public:
  explicit ChunkWriter(std::function<Status(std::span<const uint8_t>)> feed) : feed_(std::move(feed)) {
    chunk_.reserve(kChunk);
  }
  void Write(std::string_view bytes) {
    while (!bytes.empty()) {
      const size_t taken = std::min(bytes.size(), kChunk - chunk_.size());
      chunk_.append(bytes.substr(0, taken));
      bytes.remove_prefix(taken);
      if (chunk_.size() == kChunk) Flush();
    }
  }
  void WriteZeros(size_t count) {
    static constexpr char kZeros[4096] = {};
    for (; count > 0; count -= std::min(count, sizeof kZeros)) Write({kZeros, std::min(count, sizeof kZeros)});
  }
  void Flush() {
    if (!chunk_.empty() && status_.ok()) status_ = feed_(AsBytes(chunk_));
    chunk_.clear();
  }
  Status status_;

 private:
  std::function<Status(std::span<const uint8_t>)> feed_;
  std::string chunk_;
};

std::string TensorHeader(int64_t index) {
  std::string out;
  AppendInt(out, 1, kFloats);
  AppendInt(out, 2, 1);
  AppendBytes(out, 8, StrCat("w", index));
  return out;
}

struct Peak {
  size_t base_new;
  explicit Peak() : base_new(live_bytes) { peak_live_bytes = live_bytes.load(); }
  // An upper bound: the two peaks may come at different times.
  size_t Bytes(const MemoryBudget& budget) const { return peak_live_bytes - base_new + budget.peak_bytes(); }
};

constexpr size_t kResident = static_cast<size_t>(kTensors) * kTensorBytes;
constexpr size_t kBound = kResident + kResident / 100 * 15 + kTensorBytes;

TEST(PeakMemory, WeightsInTheFile) {
  std::vector<std::string> headers;
  uint64_t graph_bytes = 0;
  for (int64_t i = 0; i < kTensors; ++i) {
    std::string header = TensorHeader(i);
    AppendTag(header, 9, WireType::kBytes);
    AppendVarint(header, kTensorBytes);
    std::string outer;
    AppendTag(outer, 5, WireType::kBytes);
    AppendVarint(outer, header.size() + kTensorBytes);
    headers.push_back(outer + header);
    graph_bytes += headers.back().size() + kTensorBytes;
  }
  std::string start;
  AppendInt(start, 1, 8);
  AppendTag(start, 7, WireType::kBytes);
  AppendVarint(start, graph_bytes);

  for (uint64_t total : {LoaderOptions::kUnknown, start.size() + graph_bytes}) {
    MemoryBudget budget;
    const Peak peak;
    Loader loader = Loader::Create({.budget = &budget, .model_bytes = total});
    ChunkWriter file([&](std::span<const uint8_t> bytes) { return loader.Feed(bytes); });
    file.Write(start);
    for (const std::string& header : headers) {
      file.Write(header);
      file.WriteZeros(kTensorBytes);
    }
    file.Flush();
    ASSERT_TRUE(file.status_.ok()) << file.status_.ToString();
    const Result<Model> model = loader.Finish();
    ASSERT_TRUE(model.ok()) << model.status().ToString();
    ASSERT_EQ(model->graph.constants.size(), static_cast<size_t>(kTensors));
    const size_t got = peak.Bytes(budget);
    EXPECT_LE(got, kBound) << "total known: " << (total != LoaderOptions::kUnknown);
    RecordProperty(total == LoaderOptions::kUnknown ? "peak_bytes_unknown_length" : "peak_bytes",
                   static_cast<int>(got));
    // With a known length nothing grows: the peak is the weights and little else.
    if (total != LoaderOptions::kUnknown) EXPECT_LE(got, kResident + kResident / 100);
  }
}

TEST(PeakMemory, StaysLowWithExternalWeights) {
  ::onnx::ModelProto proto = EmptyModel();
  for (int64_t i = 0; i < kTensors; ++i) {
    ::onnx::TensorProto* tensor = proto.mutable_graph()->add_initializer();
    tensor->set_name(StrCat("w", i));
    tensor->set_data_type(1);
    tensor->add_dims(kFloats);
    tensor->set_data_location(::onnx::TensorProto::EXTERNAL);
    const std::pair<const char*, std::string> entries[] = {{"location", "weights.bin"},
                                                           {"offset", StrCat(i * static_cast<int64_t>(kTensorBytes))},
                                                           {"length", StrCat(kTensorBytes)}};
    for (const auto& [key, value] : entries) {
      auto* entry = tensor->add_external_data();
      entry->set_key(key);
      entry->set_value(value);
    }
  }
  const std::string bytes = Serialize(proto);
  proto.Clear();
  for (bool length_known : {false, true}) {
    MemoryBudget budget;
    const Peak peak;
    Loader loader = Loader::Create({.budget = &budget, .model_bytes = bytes.size()});
    ASSERT_TRUE(loader.Feed(AsBytes(bytes)).ok());
    if (length_known) ASSERT_TRUE(loader.BeginExternal("weights.bin", kResident).ok());
    uint64_t offset = 0;
    ChunkWriter file([&](std::span<const uint8_t> piece) {
      const Status status = loader.FeedExternal("weights.bin", offset, piece);
      offset += piece.size();
      return status;
    });
    file.WriteZeros(kResident);
    file.Flush();
    ASSERT_TRUE(file.status_.ok()) << file.status_.ToString();
    const Result<Model> model = loader.Finish();
    ASSERT_TRUE(model.ok()) << model.status().ToString();
    const size_t got = peak.Bytes(budget);
    EXPECT_LE(got, kBound);
    if (length_known) EXPECT_LE(got, kResident + kResident / 100);
    RecordProperty(length_known ? "peak_bytes" : "peak_bytes_unknown_length", static_cast<int>(got));
  }
}

TEST(PeakMemory, AConstantNodesTensor) {
  // Older exporters keep weights in Constant nodes: node and tensor must be held only once.
  ::onnx::ModelProto proto = EmptyModel();
  ::onnx::NodeProto* node = AddNode(proto.mutable_graph()->mutable_node(), "Constant", {}, {"w"});
  ::onnx::TensorProto* tensor = AddAttribute(node, "value", ::onnx::AttributeProto::TENSOR)->mutable_t();
  tensor->set_data_type(1);
  tensor->add_dims(kFloats);
  tensor->set_raw_data(std::string(kTensorBytes, '\0'));
  const std::string bytes = Serialize(proto);
  proto.Clear();
  MemoryBudget budget;
  const Peak peak;
  const Result<Model> model = LoadInPieces(bytes, kChunk, {.budget = &budget, .model_bytes = bytes.size()});
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  EXPECT_LE(peak.Bytes(budget), 2 * kTensorBytes + kTensorBytes / 100);
}

}  // namespace
}  // namespace onedge::onnx
