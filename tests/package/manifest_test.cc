#include "package/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace onedge::package {
namespace {

using ::testing::HasSubstr;

const std::string kDigest(64, 'a');

// In the form that models/onedge_package.py writes.
std::string Example() {
  return R"({
 "format": 1, "name": "langid", "version": "1.0.0", "task": "text-classification", "labels": ["de", "fr"],
 "preprocessing": {"tokenizer": "tokenizer.json", "max_length": 128, "nothing": null,
                   "image": {"mean": [0.0, 0.5], "std": [], "invert": true}},
 "postprocessing": {"function": "softmax"},
 "signature": {"inputs": [{"name": "input_ids", "dtype": "int64", "shape": ["batch", 128]}], "outputs": []},
 "license": "Apache-2.0",
 "parts": {"model.onnx": {"sha256": ")" +
         kDigest + R"(", "size": 5000000000}}
})";
}

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

template <typename T>
T ValueOf(const Settings& settings, std::string_view name) {
  const Settings::Value* value = settings.Find(name);
  const T* typed = value ? std::get_if<T>(value) : nullptr;
  EXPECT_TRUE(typed) << name;
  return typed ? *typed : T();
}

TEST(Manifest, ReadsEveryField) {
  const Result<Manifest> parsed = ParseManifest(Example());
  ASSERT_TRUE(parsed.ok()) << parsed.status().ToString();
  EXPECT_EQ(parsed->name, "langid");
  EXPECT_EQ(parsed->version, "1.0.0");
  EXPECT_EQ(parsed->task, "text-classification");
  EXPECT_EQ(parsed->labels, (std::vector<std::string>{"de", "fr"}));
  EXPECT_EQ(parsed->license, "Apache-2.0");
  EXPECT_EQ(ValueOf<std::string>(parsed->preprocessing, "tokenizer"), "tokenizer.json");
  EXPECT_EQ(ValueOf<double>(parsed->preprocessing, "max_length"), 128);
  EXPECT_EQ(parsed->preprocessing.Find("nothing"), nullptr);
  const Settings* image = parsed->preprocessing.Nested("image").value();
  ASSERT_TRUE(image);
  EXPECT_EQ(ValueOf<std::vector<double>>(*image, "mean"), (std::vector<double>{0.0, 0.5}));
  EXPECT_TRUE(ValueOf<std::vector<double>>(*image, "std").empty());
  EXPECT_TRUE(ValueOf<bool>(*image, "invert"));
  ASSERT_EQ(parsed->inputs.size(), 1u);
  EXPECT_EQ(parsed->inputs[0].dtype, "int64");
  EXPECT_EQ(std::get<std::string>(parsed->inputs[0].shape[0]), "batch");
  EXPECT_EQ(std::get<int64_t>(parsed->inputs[0].shape[1]), 128);
  EXPECT_EQ(parsed->FindPart("model.onnx")->size, 5000000000u);
}

TEST(Manifest, WrittenAndReadIsTheSame) {
  const std::string once = WriteManifest(ParseManifest(Example()).value());
  EXPECT_EQ(WriteManifest(ParseManifest(once).value()), once);
  EXPECT_THAT(once, HasSubstr("\"max_length\": 128,"));
  EXPECT_THAT(once, HasSubstr("\"mean\": [0, 0.5]"));
}

TEST(Manifest, AnotherFormatSaysWhatToDo) {
  const Status status = ParseManifest(Replaced(Example(), "\"format\": 1", "\"format\": 2")).status();
  EXPECT_EQ(status.code(), StatusCode::kUnsupported);
  EXPECT_THAT(status.ToString(), HasSubstr("update onedge"));
}

TEST(Manifest, BrokenOnesAreRefusedWithTheReason) {
  const auto error = [](const std::string& json) { return ParseManifest(json).status().ToString(); };
  EXPECT_THAT(error("{"), HasSubstr("byte"));
  EXPECT_THAT(error("[]"), HasSubstr("expected an object"));
  EXPECT_THAT(error("{}"), HasSubstr("'format' is missing"));
  EXPECT_THAT(error(Replaced(Example(), "\"license\"", "\"licence\"")), HasSubstr("unknown key 'licence'"));
  EXPECT_THAT(error(Replaced(Example(), "\"langid\"", "7")), HasSubstr("'name': expected a string, got uint"));
  EXPECT_THAT(error(Replaced(Example(), "\"name\": \"langid\", ", "")), HasSubstr("'name' is missing"));
  EXPECT_THAT(error(Replaced(Example(), "\"task\"", "\"name\"")), HasSubstr("comes twice"));
  EXPECT_THAT(error(Replaced(Example(), kDigest, "AA")), HasSubstr("64 lowercase hexadecimal digits"));
  EXPECT_THAT(error(Replaced(Example(), "5000000000", "-1")), HasSubstr("number of bytes"));
  EXPECT_THAT(error(Replaced(Example(), "\"model.onnx\"", "\"../model.onnx\"")), HasSubstr("'../model.onnx'"));
  EXPECT_THAT(error(Replaced(Example(), "\"model.onnx\"", "\"other.onnx\"")), HasSubstr("lacks model.onnx"));
  EXPECT_THAT(error(Replaced(Example(), "[0.0, 0.5]", "[0.0, \"x\"]")), HasSubstr("'mean'"));
  EXPECT_THAT(error(Replaced(Example(), "[\"batch\", 128]", "[-1]")), HasSubstr("'shape'"));
  std::string deep = "1";
  for (int i = 0; i < 50; ++i) deep = "{\"a\": " + deep + "}";
  EXPECT_THAT(error(Replaced(Example(), "128, \"nothing\"", deep + ", \"nothing\"")), HasSubstr("nested more than"));
}

TEST(Settings, AnObjectIsExpectedByName) {
  const Manifest manifest = ParseManifest(Example()).value();
  EXPECT_THAT(manifest.preprocessing.Nested("max_length").status().ToString(),
              HasSubstr("setting 'max_length': expected an object"));
  EXPECT_EQ(manifest.preprocessing.Nested("missing").value(), nullptr);
}

TEST(PartNames, StayInsideTheArchive) {
  for (const char* name : {"model.onnx", "a/b.txt", "Weights-1_2.bin"}) EXPECT_TRUE(IsPartName(name)) << name;
  for (const char* name : {"", "/a", "a/", "..", "a/../b", "a//b", "a\\b", "c:x", "\xc3\xa4"})
    EXPECT_FALSE(IsPartName(name)) << name;
  EXPECT_FALSE(IsPartName(std::string(256, 'a')));
}

}  // namespace
}  // namespace onedge::package
