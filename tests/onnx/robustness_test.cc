// Broken and hostile files: none may crash, hang, leak or take too much memory, and each gets a helpful message.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "onnx/externalize.h"
#include "onnx/value_codec.h"
#include "tests/onnx/model_builder.h"

namespace onedge::onnx {
namespace {

using ::testing::HasSubstr;

// Memory limit for a broken file of a few hundred bytes.
constexpr size_t kSaneBytes = 4 << 20;

// Loads whole and in pieces. Both must agree on success and, after a failure, on the message.
Status TryLoad(std::string_view bytes) {
  MemoryBudget budget;
  const Result<Model> whole = LoadInPieces(bytes, bytes.size() + 1, {.budget = &budget});
  const Result<Model> pieces = LoadInPieces(bytes, 7, {.budget = &budget});
  EXPECT_EQ(whole.ok(), pieces.ok());
  // For a file that is not a model, the guess depends on the bytes that had arrived by then.
  const bool is_model = whole.status().message().find("not an ONNX model") == std::string_view::npos;
  if (is_model) EXPECT_EQ(whole.status().message(), pieces.status().message());
  EXPECT_LT(budget.peak_bytes(), kSaneBytes);
  return whole.status();
}

TEST(BrokenFiles, CutOffAtEveryByte) {
  const std::string bytes = Serialize(ExampleModel());
  ASSERT_TRUE(TryLoad(bytes).ok());
  size_t loaded = 0;
  for (size_t size = 0; size < bytes.size(); ++size) {
    const Status status = TryLoad(bytes.substr(0, size));
    if (status.ok()) {
      ++loaded;
      continue;
    }
    EXPECT_THAT(status.code(), ::testing::AnyOf(StatusCode::kCorruptFile, StatusCode::kUnsupported)) << size;
    // Also with a known length.
    Loader loader = Loader::Create({.model_bytes = bytes.size()});
    if (Status fed = loader.Feed(AsBytes(std::string_view(bytes).substr(0, size))); fed.ok()) {
      EXPECT_THAT(
          loader.Finish().status().ToString(),
          ::testing::AnyOf(HasSubstr("cut off"), HasSubstr("were announced"), HasSubstr("empty"), HasSubstr("damaged")))
          << size;
    }
  }
  // A file cut between two fields of the model is a shorter file. It is complete only if it loses the functions and
  // imports at its end.
  EXPECT_LE(loaded, 2u);
}

TEST(BrokenFiles, EveryByteFlipped) {
  const std::string bytes = Serialize(ExampleModel());
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (unsigned mask : {0x01u, 0x04u, 0x80u, 0xffu}) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(static_cast<unsigned char>(damaged[at]) ^ mask);
      const Status status = TryLoad(damaged);
      if (!status.ok()) ASSERT_NE(status.code(), StatusCode::kInternal) << at << ": " << status.ToString();
    }
  }
}

TEST(BrokenFiles, RandomBytesAreRefusedAndNeverCrash) {
  std::mt19937 random(11);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 300, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    ASSERT_FALSE(TryLoad(bytes).ok());
    static_cast<void>(ParseSequenceProto(AsBytes(bytes)));
    static_cast<void>(ParseOptionalProto(AsBytes(bytes)));
    static_cast<void>(ParseMapProto(AsBytes(bytes)));
    static_cast<void>(ExternalizeWeights(AsBytes(bytes)));
  }
}

TEST(BrokenFiles, RandomPiecesOfAModelSwapped) {
  std::mt19937 random(13);
  const std::string bytes = Serialize(ExampleModel());
  for (int round = 0; round < 1000; ++round) {
    std::string damaged = bytes;
    const size_t from = random() % bytes.size(), to = random() % bytes.size();
    const size_t length = random() % 40;
    damaged.replace(to, std::min(length, bytes.size() - to), bytes.substr(from, length));
    static_cast<void>(TryLoad(damaged));
  }
}

TEST(BrokenFiles, TrailingGarbageIsRefused) {
  const std::string bytes = Serialize(ExampleModel());
  EXPECT_EQ(TryLoad(bytes + '\0').message(), "field number 0 does not exist (byte 564)");
  EXPECT_EQ(TryLoad(bytes + "trailing").message(),
            "field 14 has wire type 4 (group end), which is not supported (byte 564)");
  EXPECT_EQ(TryLoad(bytes + bytes).message(), "the file has two graphs (byte 582)");
  EXPECT_THAT(Load(AsBytes(bytes + bytes)).status().ToString(), HasSubstr("two graphs"));
  Loader loader = Loader::Create({.model_bytes = bytes.size()});
  EXPECT_THAT(loader.Feed(AsBytes(bytes + "\x08\x01")).ToString(), HasSubstr("more bytes follow"));
}

std::string ErrorOf(std::string_view bytes) { return Load(AsBytes(bytes)).status().ToString(); }

TEST(BrokenFiles, OtherKindsOfFilesAreRecognised) {
  EXPECT_THAT(ErrorOf(""), HasSubstr("empty: 0 bytes"));
  EXPECT_THAT(ErrorOf("<!DOCTYPE html><html><body>404</body></html>"), HasSubstr("HTML"));
  EXPECT_THAT(ErrorOf("{\"error\": \"not found\"}"), HasSubstr("JSON"));
  EXPECT_THAT(ErrorOf("PK\x03\x04\x14\x00\x00\x00\x08\x00"), HasSubstr("ZIP"));
  EXPECT_THAT(ErrorOf("version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 12\n"),
              HasSubstr("git lfs pull"));
  EXPECT_THAT(ErrorOf(std::string("\x1f\x8b\x08\x00\x00\x00\x00\x00", 8)), HasSubstr("gzip"));
  EXPECT_THAT(ErrorOf(std::string("\x1c\x00\x00\x00TFL3", 8)), HasSubstr("TensorFlow Lite"));
  EXPECT_THAT(ErrorOf("GGUF\x03\x00\x00\x00"), HasSubstr("GGUF"));
  EXPECT_THAT(ErrorOf("just some words of text"), HasSubstr("text"));
  EXPECT_THAT(ErrorOf(std::string(100, '\0')), HasSubstr("not an ONNX model"));
  // Also in pieces of one byte.
  EXPECT_THAT(LoadInPieces("<!DOCTYPE html>", 1).status().ToString(), HasSubstr("HTML"));
}

TEST(BrokenFiles, WrongWireTypesAreNamed) {
  std::string graph_as_number;
  AppendInt(graph_as_number, 1, 8);
  AppendInt(graph_as_number, 7, 5);
  EXPECT_THAT(ErrorOf(graph_as_number),
              HasSubstr("field 7 of the model has wire type varint, expected length-delimited"));
  std::string node_as_number;
  AppendInt(node_as_number, 1, 5);
  std::string model;
  AppendInt(model, 1, 8);
  AppendBytes(model, 7, node_as_number);
  EXPECT_THAT(ErrorOf(model), HasSubstr("field 1 of the graph has wire type varint"));
}

TEST(BrokenFiles, HugeClaimsTakeNoMemory) {
  // An initializer that claims a terabyte and has ten bytes.
  std::string tensor;
  AppendInt(tensor, 1, int64_t{1} << 38);
  AppendInt(tensor, 2, 1);
  AppendTag(tensor, 9, WireType::kBytes);
  AppendVarint(tensor, uint64_t{1} << 40);
  std::string graph;
  AppendTag(graph, 5, WireType::kBytes);
  AppendVarint(graph, (uint64_t{1} << 40) + 100);
  graph += tensor;
  std::string model;
  AppendInt(model, 1, 8);
  AppendTag(model, 7, WireType::kBytes);
  AppendVarint(model, (uint64_t{1} << 40) + 1000);
  model += graph + "ten bytes!";
  EXPECT_THAT(TryLoad(model).ToString(), HasSubstr("cut off"));
}

TEST(BrokenFiles, ManySmallThingsStayCheap) {
  // 20,000 attributes in a node, 20,000 imports, 5,000 symbols: a linear search in these lists would take too long.
  ::onnx::ModelProto attributes = EmptyModel();
  ::onnx::NodeProto* node = AddNode(attributes.mutable_graph()->mutable_node(), "Abs", {}, {"a"});
  for (int i = 0; i < 20000; ++i) AddAttribute(node, StrCat("a", i), ::onnx::AttributeProto::INT);
  EXPECT_THAT(LoadError(attributes), HasSubstr("more than 1000 attributes"));
  ::onnx::ModelProto imports = EmptyModel();
  for (int i = 0; i < 20000; ++i) {
    auto* import = imports.add_opset_import();
    import->set_domain(StrCat("d", i));
    import->set_version(1);
  }
  EXPECT_THAT(LoadError(imports), HasSubstr("more than 1000 opsets"));
  ::onnx::ModelProto symbols = EmptyModel();
  for (int i = 0; i < 5000; ++i)
    SetTensorType(symbols.mutable_graph()->add_input(), StrCat("x", i), 1, {StrCat("s", i)});
  EXPECT_TRUE(LoadModel(symbols).ok());
}

TEST(BrokenFiles, ValuesNestedTooDeepAreRefused) {
  std::string value;
  for (int i = 0; i < 100; ++i) {
    std::string outer;
    AppendInt(outer, 2, 3);
    AppendBytes(outer, 5, value);
    value = outer;
  }
  EXPECT_THAT(ParseSequenceProto(AsBytes(value)).status().ToString(), HasSubstr("nested more than 16 deep"));
}

}  // namespace
}  // namespace onedge::onnx
