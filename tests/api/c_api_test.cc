// The C API: calls, results and errors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/onedge.h"

namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

using ModelHandle = std::unique_ptr<onedge_model, decltype(&onedge_model_free)>;
using SessionHandle = std::unique_ptr<onedge_session, decltype(&onedge_session_free)>;
using TensorHandle = std::unique_ptr<onedge_tensor, decltype(&onedge_tensor_free)>;

// The text that a function returned; frees it.
std::string Taken(char* text) {
  std::string copy = text ? text : "(null)";
  onedge_free(text);
  return copy;
}

std::vector<char> Bytes(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

ModelHandle Load(const char* path) {
  const std::vector<char> bytes = Bytes(path);
  onedge_model* model = nullptr;
  char* error = nullptr;
  EXPECT_EQ(onedge_model_load(bytes.data(), bytes.size(), nullptr, &model, &error), ONEDGE_OK) << error;
  return ModelHandle(model, onedge_model_free);
}

SessionHandle Session(const ModelHandle& model) {
  onedge_session* session = nullptr;
  EXPECT_EQ(onedge_session_create(model.get(), 1, &session, nullptr), ONEDGE_OK);
  return SessionHandle(session, onedge_session_free);
}

TensorHandle Image(const std::vector<float>& pixels) {
  const int64_t dims[] = {1, 1, 8, 8};
  onedge_tensor* tensor = nullptr;
  EXPECT_EQ(onedge_tensor_create(1, dims, 4, pixels.data(), pixels.size() * 4, &tensor, nullptr), ONEDGE_OK);
  return TensorHandle(tensor, onedge_tensor_free);
}

TEST(CApi, DescribesAModelAndItsNames) {
  const ModelHandle model = Load("models/digits/digits.onedge");
  EXPECT_EQ(onedge_model_input_count(model.get()), 1u);
  EXPECT_EQ(onedge_model_output_count(model.get()), 1u);
  EXPECT_STREQ(onedge_model_input_name(model.get(), 0), "image");
  EXPECT_STREQ(onedge_model_output_name(model.get(), 0), "logits");
  EXPECT_EQ(onedge_model_output_name(model.get(), 1), nullptr);
  char* json = nullptr;
  ASSERT_EQ(onedge_model_describe(model.get(), &json, nullptr), ONEDGE_OK);
  EXPECT_THAT(Taken(json), HasSubstr(R"("task":"image-classification")"));
  EXPECT_STRNE(onedge_version(), "");
}

TEST(CApi, RunsOnTensorsThatOutliveSessionAndModel) {
  ModelHandle model = Load("models/digits/digits.onedge");
  SessionHandle session = Session(model);
  const TensorHandle image = Image(std::vector<float>(64, 0.5f));
  const char* names[] = {"image"};
  const onedge_tensor* inputs[] = {image.get()};
  onedge_tensor* output = nullptr;
  ASSERT_EQ(onedge_session_run(session.get(), names, inputs, 1, &output, nullptr), ONEDGE_OK);
  const TensorHandle logits(output, onedge_tensor_free);
  onedge_tensor* again = nullptr;
  ASSERT_EQ(onedge_session_run(session.get(), names, inputs, 1, &again, nullptr), ONEDGE_OK);
  const TensorHandle second(again, onedge_tensor_free);
  session.reset();
  model.reset();
  EXPECT_EQ(onedge_tensor_dtype(logits.get()), 1);
  ASSERT_EQ(onedge_tensor_rank(logits.get()), 2u);
  EXPECT_EQ(onedge_tensor_dims(logits.get())[1], 10);
  ASSERT_EQ(onedge_tensor_bytes(logits.get()), 40u);
  EXPECT_NE(onedge_tensor_data(logits.get()), onedge_tensor_data(second.get()));
  EXPECT_EQ(std::memcmp(onedge_tensor_data(logits.get()), onedge_tensor_data(second.get()), 40), 0);
  EXPECT_EQ(onedge_tensor_string(logits.get(), 0), nullptr);
}

TEST(CApi, RunsTasksOnTextsAndPixels) {
  const ModelHandle langid = Load("models/langid/langid.onedge");
  const SessionHandle texts = Session(langid);
  char* answers = nullptr;
  ASSERT_EQ(onedge_session_run_task(texts.get(), R"(["Bonjour tout le monde"])", R"({"top_k": 1})", nullptr, 0,
                                    &answers, nullptr),
            ONEDGE_OK);
  EXPECT_THAT(Taken(answers), StartsWith(R"([[{"label":"fr","score":0.)"));

  const ModelHandle digits = Load("models/digits/digits.onedge");
  const SessionHandle images = Session(digits);
  const std::vector<uint8_t> pixels(64, 100);
  ASSERT_EQ(onedge_session_run_task(images.get(), R"([{"width": 8, "height": 8, "channels": 1}])", nullptr,
                                    pixels.data(), pixels.size(), &answers, nullptr),
            ONEDGE_OK);
  EXPECT_THAT(Taken(answers), StartsWith(R"([[{"label":")"));
}

TEST(CApi, KeepsStrings) {
  const char* strings[] = {"a", "\xc3\xa9"};
  const int64_t dims[] = {2};
  onedge_tensor* made = nullptr;
  ASSERT_EQ(onedge_tensor_create_strings(dims, 1, strings, 2, &made, nullptr), ONEDGE_OK);
  const TensorHandle tensor(made, onedge_tensor_free);
  EXPECT_EQ(onedge_tensor_dtype(tensor.get()), 8);
  EXPECT_STREQ(onedge_tensor_string(tensor.get(), 1), "\xc3\xa9");
  EXPECT_EQ(onedge_tensor_string(tensor.get(), 2), nullptr);
  EXPECT_EQ(onedge_tensor_data(tensor.get()), nullptr);
}

TEST(CApi, ErrorsHaveACodeAndAMessageAndLeaveTheRest) {
  onedge_model* model = nullptr;
  char* error = nullptr;
  EXPECT_EQ(onedge_model_load("no model", 8, nullptr, &model, &error), ONEDGE_CORRUPT_FILE);
  EXPECT_EQ(model, nullptr);
  EXPECT_NE(Taken(error), "(null)");
  EXPECT_EQ(onedge_model_load(nullptr, 0, nullptr, &model, &error), ONEDGE_INVALID_ARGUMENT);
  EXPECT_EQ(Taken(error), "bytes: expected a pointer, got NULL");
  EXPECT_EQ(onedge_model_load("x", 1, R"({"memory": 1})", &model, &error), ONEDGE_INVALID_ARGUMENT);
  EXPECT_THAT(Taken(error), HasSubstr("'memory' is not a load option"));
  EXPECT_EQ(onedge_model_load("x", 1, "{", &model, nullptr), ONEDGE_CORRUPT_FILE);
  EXPECT_EQ(onedge_model_load("x", 1, R"({"device": "cuda"})", &model, &error), ONEDGE_UNSUPPORTED);
  EXPECT_THAT(Taken(error), HasSubstr("device 'cuda': this build has no CUDA backend"));
  EXPECT_EQ(onedge_model_load("x", 1, R"({"optimize": 1})", &model, &error), ONEDGE_INVALID_ARGUMENT);
  EXPECT_EQ(Taken(error), "options: optimize: expected true or false");

  const std::vector<char> bytes = Bytes("models/digits/digits.onedge");
  EXPECT_EQ(onedge_model_load(bytes.data(), bytes.size(), R"({"optimize": false})", &model, &error), ONEDGE_OK);
  onedge_model_free(std::exchange(model, nullptr));
  EXPECT_EQ(onedge_model_load(bytes.data(), bytes.size(), R"({"memory_limit": 1000})", &model, &error),
            ONEDGE_RESOURCE_EXHAUSTED);
  EXPECT_THAT(Taken(error), HasSubstr("1000 bytes"));

  const ModelHandle digits = Load("models/digits/digits.onedge");
  const SessionHandle session = Session(digits);
  const TensorHandle image = Image(std::vector<float>(64));
  const onedge_tensor* inputs[] = {image.get()};
  onedge_tensor* output = nullptr;
  const char* wrong[] = {"pixels"};
  EXPECT_EQ(onedge_session_run(session.get(), wrong, inputs, 1, &output, &error), ONEDGE_INVALID_ARGUMENT);
  EXPECT_THAT(Taken(error), HasSubstr("'pixels'"));
  EXPECT_EQ(output, nullptr);
  const char* names[] = {"image"};
  EXPECT_EQ(onedge_session_run(session.get(), names, inputs, 1, &output, &error), ONEDGE_OK);
  EXPECT_EQ(error, nullptr);
  onedge_tensor_free(output);

  const int64_t dims[] = {3};
  onedge_tensor* tensor = nullptr;
  EXPECT_EQ(onedge_tensor_create(1, dims, 1, "12345678", 8, &tensor, &error), ONEDGE_INVALID_ARGUMENT);
  EXPECT_NE(Taken(error), "(null)");
  EXPECT_EQ(onedge_tensor_create(99, dims, 1, "1", 1, &tensor, &error), ONEDGE_INVALID_ARGUMENT);
  EXPECT_THAT(Taken(error), HasSubstr("got 99"));
  EXPECT_EQ(tensor, nullptr);

  onedge_model_free(nullptr);
  onedge_session_free(nullptr);
  onedge_tensor_free(nullptr);
  onedge_free(nullptr);
}

}  // namespace
