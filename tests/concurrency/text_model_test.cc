// Texts through one tokenizer and one model on several threads at once, each with its own session: the bits are those
// of one thread. Made for the thread sanitizer (scripts/test tsan), and run by all native builds.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "backends/cpu/cpu_backend.h"
#include "onnx/loader.h"
#include "runtime/session.h"
#include "tests/tasks/tiny_pipeline.h"
#include "tests/tiny_bert.h"

namespace onedge::tasks {
namespace {

std::optional<std::vector<uint8_t>> ReadFile(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (!file) return std::nullopt;
  std::vector<uint8_t> content;
  uint8_t block[1 << 16];
  for (size_t count; (count = std::fread(block, 1, sizeof block, file)) > 0;) {
    content.insert(content.end(), block, block + count);
  }
  std::fclose(file);
  return content;
}

struct TextModel {
  backends::cpu::CpuBackend backend;
  MemoryBudget budget;
  std::unique_ptr<const tokenizer::Tokenizer> tokenizer;
  std::shared_ptr<const runtime::Model> model;

  void Create(graph::Graph graph) {
    const backends::Backend* const backends[] = {&backend};
    auto created = runtime::Model::Create(std::move(graph), {.backends = backends, .budget = &budget});
    ASSERT_TRUE(created.ok()) << created.status().ToString();
    model = std::move(*created);
  }
};

// The bytes of all outputs for one text, or the message of a failure.
std::string AnswerOf(const TextModel& text_model, runtime::Session& session, std::string_view text) {
  auto encoding = text_model.tokenizer->Encode(text);
  if (!encoding.ok()) return encoding.status().ToString();
  const Shape shape = {1, static_cast<int64_t>(encoding->size())};
  std::vector<runtime::NamedValue> inputs;
  for (const runtime::SignatureEntry& input : session.model().inputs()) {
    Tensor tensor = Tensor::Allocate(DType::kInt64, shape).value();
    for (size_t i = 0; i < encoding->size(); ++i) {
      const tokenizer::EncodedToken& token = encoding->tokens[i];
      tensor.mutable_data<int64_t>()[i] = input.name == "input_ids"        ? token.id
                                          : input.name == "attention_mask" ? token.attention_mask
                                                                           : token.type_id;
    }
    inputs.push_back({input.name, std::move(tensor)});
  }
  auto outputs = session.Run(inputs);
  if (!outputs.ok()) return outputs.status().ToString();
  std::string bytes;
  for (const Value& output : *outputs) {
    bytes.append(reinterpret_cast<const char*>(output.tensor().bytes()), output.tensor().byte_size());
  }
  return bytes;
}

// Texts of 1 to 90 words, so that each session makes and drops several plans.
std::vector<std::string> Texts() {
  const std::vector<std::string> words = {"paris", "parisian", "is", "big", "New", "york,", "q", "\xc3\xa9", "Zebra!"};
  std::vector<std::string> texts;
  std::mt19937 random(5);
  for (size_t count : {1, 2, 3, 5, 8, 13, 21, 34, 55, 90, 4, 40}) {
    std::string text;
    for (size_t i = 0; i < count; ++i) text += words[random() % words.size()] + " ";
    texts.push_back(std::move(text));
  }
  return texts;
}

void ExpectTheBitsOfOneThread(const TextModel& text_model) {
  const std::vector<std::string> texts = Texts();
  std::vector<std::string> expected;
  {
    auto session = std::move(runtime::Session::Create(text_model.model)).value();
    for (const std::string& text : texts) expected.push_back(AnswerOf(text_model, *session, text));
  }
  // Threads 0 and 1 share a pool; 2 has its own; 3 has none.
  const auto shared = ThreadPool::Create(2), own = ThreadPool::Create(2);
  ThreadPool* const pools[] = {shared.get(), shared.get(), own.get(), nullptr};
  std::vector<std::string> failures(4);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      auto session =
          std::move(runtime::Session::Create(text_model.model, {.threads = pools[t], .max_cached_plans = 4})).value();
      for (size_t round = 0; round < 2; ++round) {
        for (size_t i = 0; i < texts.size(); ++i) {
          const size_t text = (i * (2 * t + 1) + round) % texts.size();  // a different order for each thread
          if (AnswerOf(text_model, *session, texts[text]) != expected[text]) failures[t] += StrCat(" ", text);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (size_t t = 0; t < 4; ++t) EXPECT_EQ(failures[t], "") << "texts whose bits differ on thread " << t;
}

TEST(Concurrency, AModelOfBertsShapeAndItsTokenizer) {
  TextModel text_model;
  text_model.tokenizer = TinyTokenizer();
  ASSERT_NO_FATAL_FAILURE(text_model.Create(testing::TinyBert::Build(static_cast<int>(TinyVocabulary().size()))));
  ExpectTheBitsOfOneThread(text_model);
}

TEST(Concurrency, BertTiny) {
  const char* shared = std::getenv("ONEDGE_SHARED");
  const std::string folder = StrCat(shared ? shared : "../shared", "/data/models/tinybert-tribuo");
  const auto model = ReadFile(folder + "/model.onnx"), tokenizer = ReadFile(folder + "/tokenizer.json");
  if (!model || !tokenizer) GTEST_SKIP() << "no " << folder;
  TextModel text_model;
  auto loaded = onnx::Load(*model, {.budget = &text_model.budget});
  ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
  ASSERT_NO_FATAL_FAILURE(text_model.Create(std::move(loaded->graph)));
  auto read = tokenizer::Tokenizer::Load(*tokenizer);
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  text_model.tokenizer = std::move(*read);
  ExpectTheBitsOfOneThread(text_model);
}

// Batches of texts on one pool from several threads: chunk caches, and the pool's queue of regions.
TEST(Concurrency, BatchesOfTexts) {
  const auto tokenizer = TinyTokenizer();
  const auto pool = ThreadPool::Create(2);
  const std::vector<std::string> texts = Texts();
  std::vector<tokenizer::EncodeInput> inputs;
  for (const std::string& text : texts) inputs.push_back({.text = text});
  const auto ids = [&](ThreadPool* threads) {
    std::vector<std::vector<int32_t>> out;
    auto encodings = tokenizer->EncodeBatch(inputs, {}, threads);
    if (!encodings.ok()) return out;
    for (const tokenizer::Encoding& encoding : *encodings) out.push_back(encoding.ids());
    return out;
  };
  const auto expected = ids(nullptr);
  ASSERT_EQ(expected.size(), texts.size());
  std::vector<int> wrong(3);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < 5; ++round) wrong[t] += ids(t == 2 ? nullptr : pool.get()) != expected;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(3, 0));
}

}  // namespace
}  // namespace onedge::tasks
