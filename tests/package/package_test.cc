#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "package/crc32.h"
#include "package/reader.h"
#include "package/writer.h"
#include "package/zip_format.h"

namespace onedge::package {
namespace {

using ::testing::HasSubstr;

std::span<const uint8_t> Bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

Manifest ExampleManifest() {
  Manifest manifest;
  manifest.name = "digits";
  manifest.version = "1.2.0";
  manifest.task = "image-classification";
  manifest.labels = {"zero", "\"eins\"", "deux\n", "tr\xc3\xaas"};
  manifest.license = "Apache-2.0";
  Settings image;
  image.Set("width", 8.0);
  image.Set("scale", 1.0 / 255);
  image.Set("mean", std::vector<double>{0.5, -1e-7});
  image.Set("invert", false);
  manifest.preprocessing.Set("image", image);
  manifest.postprocessing.Set("function", std::string("softmax"));
  manifest.postprocessing.Set("names", std::vector<std::string>{"a", "b"});
  manifest.inputs = {{"image", "float32", {std::string("batch"), int64_t{1}, int64_t{8}, int64_t{8}}}};
  manifest.outputs = {{"logits", "float32", {std::string("batch"), int64_t{10}}}};
  return manifest;
}

struct Collected : Reader::Sink {
  Status OnManifest(const Manifest& given) override {
    manifest = given;
    return OkStatus();
  }
  Status OnPartBegin(const Part& part, uint64_t offset) override {
    EXPECT_EQ(offset % 64, 0u);
    parts.push_back({part.name, ""});
    offsets.push_back(offset);
    return OkStatus();
  }
  Status OnPartBytes(std::span<const uint8_t> bytes) override {
    parts.back().second.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    ++pieces;
    return OkStatus();
  }
  Status OnPartEnd() override {
    ++ended;
    return OkStatus();
  }
  std::optional<Manifest> manifest;
  std::vector<std::pair<std::string, std::string>> parts;
  std::vector<uint64_t> offsets;
  size_t ended = 0;
  size_t pieces = 0;
};

using NamedParts = std::vector<std::pair<std::string, std::string>>;

NamedParts ExampleParts() {
  std::string weights;
  for (int i = 0; i < 1000; ++i) weights.push_back(static_cast<char>(i * 31));
  return {{"tokenizer.json", "{}"}, {"model.onnx", std::string(130, 'm')}, {"weights.bin", weights}, {"empty.txt", ""}};
}

Result<std::string> Write(const NamedParts& parts, const Manifest& manifest = ExampleManifest(),
                          std::string* digest = nullptr) {
  std::vector<PartSource> sources;
  for (const auto& [name, bytes] : parts) sources.push_back(PartSource::FromBytes(name, Bytes(bytes)));
  std::string out;
  const auto written = WritePackage(manifest, sources, [&](std::span<const uint8_t> bytes) {
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return OkStatus();
  });
  if (!written.ok()) return written.status();
  if (digest) *digest = *written;
  return out;
}

Status Read(std::string_view package, Reader::Sink* sink, size_t piece = SIZE_MAX) {
  Reader reader(sink);
  for (size_t i = 0; i < package.size(); i += std::min(piece, package.size())) {
    ONEDGE_RETURN_IF_ERROR(reader.Feed(Bytes(package.substr(i, piece))));
  }
  return reader.Finish();
}

Status Read(std::string_view package) {
  Collected sink;
  return Read(package, &sink);
}

// A copy with `bytes` written at position `at`.
std::string Patched(std::string package, size_t at, std::string_view bytes) {
  package.replace(at, bytes.size(), bytes);
  return package;
}

TEST(Crc32, MatchesTheStandardCheckValue) {
  EXPECT_EQ(Crc32(0, Bytes("123456789")), 0xCBF43926u);  // the check value of CRC-32/ISO-HDLC
  EXPECT_EQ(Crc32(0, {}), 0u);
  uint32_t crc = 0;
  for (char c : std::string("123456789")) crc = Crc32(crc, Bytes(std::string_view(&c, 1)));
  EXPECT_EQ(crc, 0xCBF43926u);
}

TEST(Package, ComesBackAsItWasWritten) {
  std::string digest;
  const std::string package = Write(ExampleParts(), ExampleManifest(), &digest).value();
  Collected sink;
  Reader reader(&sink);
  ASSERT_TRUE(reader.Feed(Bytes(package)).ok());
  ASSERT_TRUE(reader.Finish().ok());
  EXPECT_EQ(sink.parts, ExampleParts());
  EXPECT_EQ(sink.ended, 4u);
  EXPECT_EQ(reader.digest(), digest);
  ASSERT_TRUE(sink.manifest);
  EXPECT_EQ(sink.manifest->labels, ExampleManifest().labels);
  EXPECT_EQ(sink.manifest->parts.size(), 4u);
}

TEST(Package, FedInOnePieceGivesEachPartInOnePiece) {
  Collected sink;
  ASSERT_TRUE(Read(Write(ExampleParts()).value(), &sink).ok());
  EXPECT_EQ(sink.pieces, 3u);  // the fourth is empty
}

TEST(Package, SameForEveryPieceSize) {
  const std::string package = Write(ExampleParts()).value();
  for (size_t piece = 1; piece < 200; ++piece) {
    Collected sink;
    ASSERT_TRUE(Read(package, &sink, piece).ok()) << piece;
    ASSERT_EQ(sink.parts, ExampleParts()) << piece;
  }
}

TEST(Package, IsDeterministic) { EXPECT_EQ(Write(ExampleParts()).value(), Write(ExampleParts()).value()); }

TEST(Package, CutOffAnywhereIsAnError) {
  const std::string package = Write(ExampleParts()).value();
  for (size_t size = 0; size < package.size(); ++size) {
    ASSERT_FALSE(Read(package.substr(0, size)).ok()) << size;
  }
  EXPECT_THAT(Read(package.substr(0, 2000)).ToString(), HasSubstr("cut off"));
}

TEST(Package, TrailingBytesAreAnError) {
  EXPECT_THAT(Read(Write(ExampleParts()).value() + "x").ToString(), HasSubstr("more bytes follow"));
}

TEST(Package, AFlippedBitInAPartIsFound) {
  const std::string package = Write(ExampleParts()).value();
  Collected sink;
  ASSERT_TRUE(Read(package, &sink).ok());
  for (size_t i = 0; i < sink.parts.size(); ++i) {
    for (size_t at = 0; at < sink.parts[i].second.size(); at += 17) {
      std::string damaged = package;
      damaged[sink.offsets[i] + at] ^= 0x10;
      const Status status = Read(damaged);
      ASSERT_EQ(status.code(), StatusCode::kCorruptFile);
      ASSERT_THAT(status.ToString(), HasSubstr(sink.parts[i].first));
      ASSERT_THAT(status.ToString(), HasSubstr("CRC-32"));
    }
  }
}

TEST(Package, AChangedPartWithARightCrcIsFoundByItsDigest) {
  std::string package = Write(ExampleParts()).value();
  Collected sink;
  ASSERT_TRUE(Read(package, &sink).ok());
  std::string& model = sink.parts[1].second;
  model[5] = 'M';
  package.replace(sink.offsets[1], model.size(), model);
  const size_t header = package.rfind("PK\x03\x04", sink.offsets[1]);
  std::string crc;
  zip::Append(crc, Crc32(0, Bytes(model)));
  package.replace(header + 14, 4, crc);
  EXPECT_THAT(Read(package).ToString(), HasSubstr("part 'model.onnx', byte"));
  EXPECT_THAT(Read(package).ToString(), HasSubstr("SHA-256"));
}

TEST(Package, EveryFlippedByteEitherFailsOrLeavesThePartsAlone) {
  const std::string package = Write(ExampleParts()).value();
  for (size_t at = 0; at < package.size(); ++at) {
    for (unsigned char mask : {0x01, 0x80, 0xff}) {
      std::string damaged = package;
      damaged[at] = static_cast<char>(damaged[at] ^ mask);
      Collected sink;
      if (Read(damaged, &sink).ok()) ASSERT_EQ(sink.parts, ExampleParts()) << at;
    }
  }
}

TEST(Package, RefusesCompressedEncryptedAndDescribedEntries) {
  const std::string package = Write(ExampleParts()).value();
  EXPECT_THAT(Read(Patched(package, 8, "\x08")).ToString(), HasSubstr("compressed (method 8)"));
  EXPECT_THAT(Read(Patched(package, 6, "\x01")).ToString(), HasSubstr("encrypted"));
  EXPECT_THAT(Read(Patched(package, 6, "\x08")).ToString(), HasSubstr("follows its data"));
}

TEST(Package, RefusesOtherFiles) {
  EXPECT_THAT(Read("<html></html>").ToString(), HasSubstr("not a .onedge package"));
  EXPECT_THAT(Read("").ToString(), HasSubstr("empty"));
}

// One stored entry with this extra field, as a ZIP writer could write it.
std::string Entry(const std::string& name, const std::string& data, const std::string& extra) {
  std::string out;
  zip::Append<uint32_t>(out, zip::kLocalHeader);
  zip::Append<uint16_t>(out, 20);
  zip::Append<uint16_t>(out, 0);
  zip::Append<uint16_t>(out, 0);
  zip::Append<uint32_t>(out, 0);
  zip::Append<uint32_t>(out, Crc32(0, Bytes(data)));
  zip::Append<uint32_t>(out, static_cast<uint32_t>(data.size()));
  zip::Append<uint32_t>(out, static_cast<uint32_t>(data.size()));
  zip::Append<uint16_t>(out, static_cast<uint16_t>(name.size()));
  zip::Append<uint16_t>(out, static_cast<uint16_t>(extra.size()));
  return out + name + extra + data;
}

TEST(Package, ManifestMustComeFirstAndPartsBeAligned) {
  EXPECT_THAT(Read(Entry("model.onnx", "x", std::string("\xff\xff\x14\0", 4) + std::string(20, '\0'))).ToString(),
              HasSubstr("first part must be manifest.json"));
  EXPECT_THAT(Read(Entry("manifest.json", "{}", "")).ToString(), HasSubstr("not at a multiple of 64"));
  EXPECT_THAT(Read(Entry("../manifest.json", "{}", "")).ToString(), HasSubstr("a name that parts cannot have"));
}

TEST(Package, ReadsSixtyFourBitSizes) {
  // The header of an entry of 5 GiB. It is refused because the manifest has another size, so its size was understood.
  std::string package = Write(ExampleParts()).value();
  const size_t header = package.find("PK\x03\x04", 4);
  ASSERT_EQ(package.substr(header + 30, 14), "tokenizer.json");
  package.resize(header);
  std::string extra;
  zip::Append<uint16_t>(extra, zip::kExtraZip64);
  zip::Append<uint16_t>(extra, 16);
  zip::Append<uint64_t>(extra, uint64_t{5} << 30);
  zip::Append<uint64_t>(extra, uint64_t{5} << 30);
  const size_t unpadded = header + 30 + 14 + extra.size() + 4;
  const size_t padding = (64 - unpadded % 64) % 64;
  zip::Append<uint16_t>(extra, 0xffff);
  zip::Append<uint16_t>(extra, static_cast<uint16_t>(padding));
  extra.append(padding, '\0');
  std::string entry = Entry("tokenizer.json", "", extra);
  entry.replace(18, 8, 8, '\xff');
  EXPECT_THAT(Read(package + entry).ToString(), HasSubstr("it has 5368709120 bytes, manifest.json says 2"));
  EXPECT_THAT(Read(package + Entry("tokenizer.json", "", "").replace(18, 8, 8, '\xff')).ToString(),
              HasSubstr("64-bit sizes are missing"));
}

TEST(Writer, RefusesWhatTheReaderWould) {
  EXPECT_THAT(Write({{"weights.bin", "w"}, {"model.onnx", "m"}}).status().ToString(),
              HasSubstr("model.onnx must come before"));
  EXPECT_THAT(Write({{"tokenizer.json", "{}"}}).status().ToString(), HasSubstr("needs the part model.onnx"));
  EXPECT_THAT(Write({{"model.onnx", "m"}, {"model.onnx", "m"}}).status().ToString(), HasSubstr("twice"));
  EXPECT_THAT(Write({{"model.onnx", "m"}, {"../evil", "m"}}).status().ToString(), HasSubstr("'../evil'"));
  EXPECT_THAT(Write({{"manifest.json", "m"}}).status().ToString(), HasSubstr("'manifest.json'"));
}

TEST(Writer, APartThatChangesBetweenPassesIsAnError) {
  int calls = 0;
  const PartSource part{"model.onnx", [&](const ByteSink& sink) { return sink(Bytes(++calls == 1 ? "ab" : "abc")); }};
  const auto written = WritePackage(ExampleManifest(), {&part, 1}, [](std::span<const uint8_t>) { return OkStatus(); });
  EXPECT_EQ(written.status().code(), StatusCode::kInternal);
}

TEST(Reader, StopsAtTheFirstFailureOfItsSink) {
  struct Refusing : Collected {
    Status OnPartBytes(std::span<const uint8_t>) override { return Cancelled("enough"); }
  } sink;
  const std::string package = Write(ExampleParts()).value();
  Reader reader(&sink);
  EXPECT_EQ(reader.Feed(Bytes(package)).code(), StatusCode::kCancelled);
  EXPECT_EQ(reader.Feed(Bytes(package)).code(), StatusCode::kCancelled);
  EXPECT_EQ(reader.Finish().code(), StatusCode::kCancelled);
}

}  // namespace
}  // namespace onedge::package
