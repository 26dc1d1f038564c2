#include "text/wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "onnx/wire_walker.h"
#include "tests/onnx/model_builder.h"

namespace onedge::onnx {
namespace {

using ::testing::HasSubstr;

TEST(Varint, RoundTripsAndRefusesTooLongOnes) {
  for (uint64_t value :
       {uint64_t{0}, uint64_t{1}, uint64_t{127}, uint64_t{128}, uint64_t{300}, UINT64_MAX, uint64_t{1} << 63}) {
    std::string bytes;
    AppendVarint(bytes, value);
    uint64_t decoded = 0;
    EXPECT_EQ(DecodeVarint(AsBytes(bytes), decoded), bytes.size());
    EXPECT_EQ(decoded, value);
    EXPECT_EQ(DecodeVarint(AsBytes(bytes).first(bytes.size() - 1), decoded), 0u);
  }
  uint64_t decoded = 0;
  EXPECT_EQ(DecodeVarint(AsBytes("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), decoded), 0u);
  EXPECT_EQ(DecodeVarint(AsBytes("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), decoded), 0u);
}

TEST(MessageReader, ReadsWhatProtobufWrites) {
  ::onnx::AttributeProto attribute;
  attribute.set_name("alpha");
  attribute.set_f(-2.5f);
  attribute.set_i(-7);
  attribute.add_ints(1);
  attribute.add_ints(INT64_MIN);
  attribute.add_floats(0.25f);
  const std::string bytes = Serialize(attribute);
  MessageReader in(AsBytes(bytes), "AttributeProto");
  std::vector<int64_t> ints;
  std::vector<float> floats;
  std::string name;
  float f = 0;
  int64_t i = 0;
  while (in.Next()) {
    switch (in.field()) {
      case 1:
        name = in.String();
        break;
      case 2:
        f = in.Float();
        break;
      case 3:
        i = in.Int();
        break;
      case 7:
        in.Floats(floats);
        break;
      case 8:
        in.Ints(ints);
        break;
      default:
        ADD_FAILURE() << in.field();
    }
  }
  ASSERT_TRUE(in.status().ok());
  EXPECT_EQ(name, "alpha");
  EXPECT_EQ(f, -2.5f);
  EXPECT_EQ(i, -7);
  EXPECT_EQ(ints, (std::vector<int64_t>{1, INT64_MIN}));
  EXPECT_EQ(floats, std::vector<float>{0.25f});
}

std::string ReadAll(std::string_view bytes) {
  MessageReader in(AsBytes(bytes), "Test");
  while (in.Next()) {
    if (in.field() == 1) static_cast<void>(in.Bytes());
  }
  return in.status().ToString();
}

TEST(MessageReader, NamesWhatIsBroken) {
  EXPECT_THAT(ReadAll(std::string_view("\x0a\x05"
                                       "abc",
                                       5)),
              HasSubstr("Test: field 1 claims 5 bytes where 3 are left"));
  EXPECT_THAT(ReadAll(std::string_view("\x08\x01", 2)), HasSubstr("wire type varint, expected length-delimited"));
  EXPECT_THAT(ReadAll(std::string_view("\x0b", 1)), HasSubstr("group start"));
  EXPECT_THAT(ReadAll(std::string_view("\x00", 1)), HasSubstr("field number 0"));
  EXPECT_THAT(ReadAll(std::string_view("\x15\x00\x00", 3)), HasSubstr("claims 4 bytes where 2 are left"));
  EXPECT_THAT(ReadAll("\x80"), HasSubstr("cut off"));
}

// Records every event; enters field 7, streams field 9, skips field 2, collects the rest.
struct Recorder : WireWalker::Handler {
  Result<WireWalker::Action> OnBegin(uint32_t field, uint64_t size) override {
    log += StrCat("begin ", field, " ", size, "\n");
    return field == 7   ? WireWalker::Action::kEnter
           : field == 9 ? WireWalker::Action::kStream
           : field == 2 ? WireWalker::Action::kSkip
                        : WireWalker::Action::kCollect;
  }
  Status OnScalar(uint32_t field, WireType type, uint64_t value) override {
    log += StrCat("scalar ", field, " ", static_cast<int>(type), " ", value, "\n");
    return OkStatus();
  }
  Status OnWhole(uint32_t field, std::span<const uint8_t> bytes) override {
    log += StrCat("whole ", field, " ", AsText(bytes), "\n");
    return OkStatus();
  }
  Status OnPiece(std::span<const uint8_t> bytes) override {
    streamed += AsText(bytes);
    return OkStatus();
  }
  Status OnStreamEnd() override {
    log += StrCat("stream ", std::exchange(streamed, ""), "\n");
    return OkStatus();
  }
  Status OnMessageEnd() override {
    log += "end\n";
    return OkStatus();
  }
  std::string log, streamed;
};

std::string WalkerExample() {
  std::string inner;
  AppendInt(inner, 1, 300);
  AppendBytes(inner, 9, "streamed bytes");
  AppendBytes(inner, 7, "");
  std::string out;
  AppendInt(out, 3, -1);
  AppendBytes(out, 2, "dropped");
  AppendBytes(out, 7, inner);
  AppendTag(out, 4, WireType::kFixed32);
  out += "abcd";
  AppendTag(out, 5, WireType::kFixed64);
  out += "abcdefgh";
  AppendBytes(out, 6, "collected");
  AppendBytes(out, 9, "");
  AppendBytes(out, 6, "");
  return out;
}

TEST(WireWalker, GivesTheSameEventsForEveryPieceSize) {
  const std::string bytes = WalkerExample();
  const std::string expected =
      "scalar 3 0 18446744073709551615\nbegin 2 7\nbegin 7 21\nscalar 1 0 300\nbegin 9 14\nstream streamed bytes\n"
      "begin 7 0\nend\nend\nscalar 4 5 1684234849\nscalar 5 1 7523094288207667809\nbegin 6 9\nwhole 6 collected\n"
      "begin 9 0\nstream \nbegin 6 0\nwhole 6 \n";
  for (size_t piece = 1; piece <= bytes.size(); ++piece) {
    for (uint64_t total : {uint64_t{bytes.size()}, UINT64_MAX}) {
      Recorder recorder;
      WireWalker walker(&recorder, nullptr, total);
      for (size_t i = 0; i < bytes.size(); i += piece) {
        ASSERT_TRUE(walker.Feed(AsBytes(std::string_view(bytes).substr(i, piece))).ok());
      }
      ASSERT_TRUE(walker.Finish().ok());
      ASSERT_EQ(recorder.log, expected) << piece;
    }
  }
}

TEST(WireWalker, FieldsMustEndWithTheirMessage) {
  std::string inner;
  AppendBytes(inner, 6, "abc");
  for (size_t cut = 1; cut < inner.size(); ++cut) {
    std::string out;
    AppendBytes(out, 7, inner.substr(0, cut));
    AppendInt(out, 3, 1);
    Recorder recorder;
    WireWalker walker(&recorder, nullptr, UINT64_MAX);
    EXPECT_EQ(walker.Feed(AsBytes(out)).code(), StatusCode::kCorruptFile) << cut;
  }
}

TEST(WireWalker, KnowingTheTotalFindsLiesAtOnce) {
  std::string out;
  AppendTag(out, 6, WireType::kBytes);
  AppendVarint(out, uint64_t{1} << 40);
  Recorder recorder;
  WireWalker walker(&recorder, nullptr, 1000);
  EXPECT_THAT(walker.Feed(AsBytes(out)).ToString(),
              HasSubstr("claims 1099511627776 bytes where 993 are left (byte 7)"));
}

TEST(WireWalker, ClaimedSizesCostNoMemoryBeforeTheBytesCome) {
  std::string out;
  AppendTag(out, 6, WireType::kBytes);
  AppendVarint(out, uint64_t{1} << 40);
  out += "only this";
  MemoryBudget budget;
  Recorder recorder;
  WireWalker walker(&recorder, &budget, UINT64_MAX);
  ASSERT_TRUE(walker.Feed(AsBytes(out)).ok());
  EXPECT_LT(budget.peak_bytes(), size_t{2} << 20);
  EXPECT_THAT(walker.Finish().ToString(), HasSubstr("cut off after 16 bytes"));
}

}  // namespace
}  // namespace onedge::onnx
