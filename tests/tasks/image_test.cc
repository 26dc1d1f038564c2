#include "tasks/image.h"

#include <gtest/gtest.h>

namespace onedge::tasks {
namespace {

ImagePreprocessing Grey(uint64_t width, uint64_t height) {
  ImagePreprocessing options;
  options.width = width;
  options.height = height;
  options.channels = 1;
  options.scale = 1;
  return options;
}

std::vector<float> Preprocess(const Image& image, const ImagePreprocessing& options) {
  const Tensor tensor = PreprocessImage(image, options, nullptr).value();
  const auto values = tensor.values<float>();
  return {values.begin(), values.end()};
}

TEST(PreprocessImage, TheSameSizeKeepsEveryPixel) {
  const std::vector<uint8_t> pixels = {0, 50, 100, 150, 200, 250};
  EXPECT_EQ(Preprocess({pixels, 3, 2, 1}, Grey(3, 2)), (std::vector<float>{0, 50, 100, 150, 200, 250}));
}

TEST(PreprocessImage, AReductionWeighsTheAreaAroundEachPixel) {
  // A triangle of half-width 2 around 1 and 3, cut at the edges: weights 3, 3, 1 over 7.
  const std::vector<uint8_t> pixels = {0, 70, 140, 210};
  const std::vector<float> out = Preprocess({pixels, 4, 1, 1}, Grey(2, 1));
  EXPECT_FLOAT_EQ(out[0], (3 * 0 + 3 * 70 + 140) / 7.0f);
  EXPECT_FLOAT_EQ(out[1], (70 + 3 * 140 + 3 * 210) / 7.0f);
}

TEST(PreprocessImage, AnEnlargementInterpolatesBetweenPixelCentres) {
  const std::vector<uint8_t> pixels = {0, 100};
  EXPECT_EQ(Preprocess({pixels, 2, 1, 1}, Grey(4, 1)), (std::vector<float>{0, 25, 75, 100}));
}

TEST(PreprocessImage, ChannelsAreNormalizedAndPlanar) {
  const std::vector<uint8_t> pixels = {10, 20, 30, 40, 50, 60};
  ImagePreprocessing options;
  options.width = 2;
  options.height = 1;
  options.scale = 0.5;
  options.mean = {1, 2, 3};
  options.std = {2, 2, 4};
  EXPECT_EQ(Preprocess({pixels, 2, 1, 3}, options), (std::vector<float>{2, 9.5, 4, 11.5, 3, 6.75}));
  options.layout = Layout::kNhwc;
  EXPECT_EQ(Preprocess({pixels, 2, 1, 3}, options), (std::vector<float>{2, 4, 3, 9.5, 11.5, 6.75}));
}

TEST(PreprocessImage, TransparencyIsLaidOverWhiteAndColourBecomesLuma) {
  const std::vector<uint8_t> pixels = {0, 0, 0, 0, 255, 0, 0, 255};
  const std::vector<float> out = Preprocess({pixels, 2, 1, 4}, Grey(2, 1));
  EXPECT_NEAR(out[0], 255, 1e-3);
  EXPECT_NEAR(out[1], 0.299 * 255, 1e-3);
  ImagePreprocessing inverted = Grey(2, 1);
  inverted.invert = true;
  EXPECT_NEAR(Preprocess({pixels, 2, 1, 4}, inverted)[0], 0, 1e-3);
}

TEST(PreprocessImage, ImagesThatContradictThemselvesAreErrors) {
  const std::vector<uint8_t> pixels(12);
  const auto status = [&](const Image& image) { return PreprocessImage(image, Grey(2, 2), nullptr).status(); };
  EXPECT_EQ(status({pixels, 5, 2, 1}).message(), "image: 5 x 2 x 1 needs 10 bytes, got 12");
  EXPECT_FALSE(status({pixels, 0, 2, 1}).ok());
  EXPECT_FALSE(status({pixels, 3, 2, 2}).ok());
  EXPECT_FALSE(status({pixels, 1000000, 1000000, 1}).ok());
}

// Recorded from Pillow 9.4 by tests/tasks/record_pil.py.
struct Resized {
  Resample resample;
  double width;
  double height;
  std::vector<float> values;
};
const Resized kPillow[] = {
    {Resample::kBilinear,
     4,
     3,
     {40.6667f, 88.9086f, 145.9486f, 194.1905f, 130.2381f, 162.5511f, 150.1867f, 91.4233f, 150.1497f, 91.0457f,
      69.0914f, 117.3333f}},
    {Resample::kBilinear,
     8,
     2,
     {57.0000f, 82.1875f, 109.3125f, 129.8920f, 151.9261f, 160.8693f, 147.9943f, 173.1818f, 171.0000f, 130.0057f,
      141.8580f, 110.0739f, 91.3807f, 100.3239f, 87.4489f, 112.6364f}},
    {Resample::kBicubic,
     4,
     3,
     {32.2635f, 86.8697f, 149.8381f, 201.6503f, 133.0858f, 174.4190f, 154.2936f, 83.6237f, 157.4544f, 85.5993f,
      60.8151f, 117.5580f}},
    {Resample::kBicubic,
     8,
     2,
     {47.7239f, 80.0238f, 109.9774f, 131.9692f, 158.7265f, 166.3846f, 145.9554f, 174.9755f, 180.8136f, 128.2101f,
      147.4948f, 108.2590f, 86.4061f, 100.9119f, 80.4828f, 109.5029f}},
    {Resample::kNearest,
     4,
     3,
     {0.0000f, 62.0000f, 124.0000f, 186.0000f, 114.0000f, 176.0000f, 238.0000f, 44.0000f, 228.0000f, 34.0000f, 96.0000f,
      158.0000f}},
    {Resample::kNearest,
     8,
     2,
     {57.0000f, 88.0000f, 119.0000f, 150.0000f, 150.0000f, 181.0000f, 212.0000f, 243.0000f, 171.0000f, 202.0000f,
      233.0000f, 8.0000f, 8.0000f, 39.0000f, 70.0000f, 101.0000f}},
};

TEST(PreprocessImage, ResizesAsPillowDoes) {
  std::vector<uint8_t> pixels;
  for (int y = 0; y < 5; ++y) {
    for (int x = 0; x < 7; ++x) pixels.push_back(static_cast<uint8_t>(x * 31 + y * 57));
  }
  for (const Resized& expected : kPillow) {
    ImagePreprocessing options = Grey(expected.width, expected.height);
    options.resample = expected.resample;
    const std::vector<float> out = Preprocess({pixels, 7, 5, 1}, options);
    ASSERT_EQ(out.size(), expected.values.size());
    for (size_t i = 0; i < out.size(); ++i) {
      EXPECT_NEAR(out[i], expected.values[i], 2e-4) << static_cast<int>(expected.resample) << " at " << i;
    }
  }
}

TEST(PreprocessImage, TheShorterEdgeIsSetAndTheMiddleCutOut) {
  std::vector<uint8_t> pixels;
  for (int y = 0; y < 4; ++y) {
    for (int x = 0; x < 8; ++x) pixels.push_back(static_cast<uint8_t>(10 * y + x));
  }
  ImagePreprocessing options = Grey(2, 2);
  options.shortest_edge = 4;  // the image's own size, so that no pixel changes
  EXPECT_EQ(Preprocess({pixels, 8, 4, 1}, options), (std::vector<float>{13, 14, 23, 24}));
  options.width = options.height = 0;  // all of it
  options.shortest_edge = 2;
  EXPECT_EQ(PreprocessImage({pixels, 8, 4, 1}, options, nullptr)->shape(), (Shape{1, 1, 2, 4}));
  EXPECT_EQ(PreprocessImage({pixels, 4, 8, 1}, options, nullptr)->shape(), (Shape{1, 1, 4, 2}));
  options.shortest_edge = 100;
  options.longest_edge = 50;
  EXPECT_EQ(PreprocessImage({pixels, 8, 4, 1}, options, nullptr)->shape(), (Shape{1, 1, 25, 50}));
  options.width = options.height = 26;
  EXPECT_EQ(PreprocessImage({pixels, 8, 4, 1}, options, nullptr).status().message(),
            "image: 8 x 4 pixels become 50 x 25, too small for a crop of 26 x 26");
}

TEST(PreprocessImage, MemoryIsAskedForAndHugeSizesAreErrors) {
  const std::vector<uint8_t> line(65536);
  ImagePreprocessing options = Grey(0, 0);
  options.shortest_edge = 64;
  EXPECT_FALSE(PreprocessImage({line, 65536, 1, 1}, options, nullptr).ok());  // 4 million pixels long
  EXPECT_FALSE(PreprocessImage({line, 65536, 1, 1}, Grey(1e15, 1), nullptr).ok());
  EXPECT_FALSE(PreprocessImage({line, 65536, 1, 1}, Grey(0, 5), nullptr).ok());
  MemoryBudget budget(100'000);
  EXPECT_EQ(PreprocessImage({line, 1, 65536, 1}, Grey(16, 16), &budget).status().code(),
            StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace onedge::tasks
