#include "tasks/image_classification.h"

#include <gtest/gtest.h>

namespace onedge::tasks {
namespace {

ImagePreprocessing Grey(size_t width, size_t height) {
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
  options.scale = 0.5f;
  options.mean = {1, 2, 3};
  options.std = {2, 2, 4};
  EXPECT_EQ(Preprocess({pixels, 2, 1, 3}, options), (std::vector<float>{2, 9.5, 4, 11.5, 3, 6.75}));
  options.channels_last = true;
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

}  // namespace
}  // namespace onedge::tasks
