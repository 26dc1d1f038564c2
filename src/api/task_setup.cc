#include "api/task_setup.h"

namespace onedge::api {
namespace {

Result<size_t> MaxLength(const package::Settings& preprocessing) {
  ONEDGE_RETURN_IF_ERROR(preprocessing.CheckKnown({"tokenizer", "max_length"}));
  ONEDGE_ASSIGN_OR_RETURN(const std::string tokenizer, preprocessing.String("tokenizer", "tokenizer.json"));
  if (tokenizer != "tokenizer.json") {
    return Unsupported("preprocessing.tokenizer: expected 'tokenizer.json', got '", tokenizer, "'");
  }
  ONEDGE_ASSIGN_OR_RETURN(const uint64_t max_length, preprocessing.Count("max_length", 0));
  return static_cast<size_t>(max_length);
}

Result<tasks::ScoreFunction> FunctionOf(const package::Settings& postprocessing) {
  ONEDGE_RETURN_IF_ERROR(postprocessing.CheckKnown({"function"}));
  ONEDGE_ASSIGN_OR_RETURN(const std::string function, postprocessing.String("function", "softmax"));
  return tasks::ParseScoreFunction(function);
}

Result<std::vector<float>> Floats(const package::Settings& settings, std::string_view name) {
  ONEDGE_ASSIGN_OR_RETURN(const std::vector<double> numbers, settings.Numbers(name));
  return std::vector<float>(numbers.begin(), numbers.end());
}

Result<tasks::ImagePreprocessing> ImagePreprocessingFrom(const package::Settings& image) {
  ONEDGE_RETURN_IF_ERROR(image.CheckKnown({"width", "height", "channels", "scale", "mean", "std", "invert", "layout"}));
  tasks::ImagePreprocessing out;
  ONEDGE_ASSIGN_OR_RETURN(out.width, image.Count("width", out.width));
  ONEDGE_ASSIGN_OR_RETURN(out.height, image.Count("height", out.height));
  ONEDGE_ASSIGN_OR_RETURN(out.channels, image.Count("channels", out.channels));
  ONEDGE_ASSIGN_OR_RETURN(const double scale, image.Number("scale", 1.0 / 255));
  out.scale = static_cast<float>(scale);
  ONEDGE_ASSIGN_OR_RETURN(out.mean, Floats(image, "mean"));
  ONEDGE_ASSIGN_OR_RETURN(out.std, Floats(image, "std"));
  ONEDGE_ASSIGN_OR_RETURN(out.invert, image.Bool("invert", false));
  ONEDGE_ASSIGN_OR_RETURN(const std::string layout, image.String("layout", "NCHW"));
  if (layout != "NCHW" && layout != "NHWC") {
    return InvalidArgument("preprocessing.image.layout: expected NCHW or NHWC, got '", layout, "'");
  }
  out.channels_last = layout == "NHWC";
  return out;
}

}  // namespace

Result<tasks::TextClassificationOptions> TextClassificationOptionsFrom(const package::Manifest& manifest) {
  tasks::TextClassificationOptions options;
  options.labels = manifest.labels;
  ONEDGE_ASSIGN_OR_RETURN(options.max_length, MaxLength(manifest.preprocessing));
  ONEDGE_ASSIGN_OR_RETURN(options.function, FunctionOf(manifest.postprocessing));
  return options;
}

Result<tasks::EmbeddingOptions> EmbeddingOptionsFrom(const package::Manifest& manifest) {
  tasks::EmbeddingOptions options;
  ONEDGE_ASSIGN_OR_RETURN(options.max_length, MaxLength(manifest.preprocessing));
  ONEDGE_RETURN_IF_ERROR(manifest.postprocessing.CheckKnown({"pooling", "normalize"}));
  ONEDGE_ASSIGN_OR_RETURN(const std::string pooling, manifest.postprocessing.String("pooling", "mean"));
  ONEDGE_ASSIGN_OR_RETURN(options.pooling, tasks::ParsePooling(pooling));
  ONEDGE_ASSIGN_OR_RETURN(options.normalize, manifest.postprocessing.Bool("normalize", true));
  return options;
}

Result<tasks::ImageClassificationOptions> ImageClassificationOptionsFrom(const package::Manifest& manifest) {
  tasks::ImageClassificationOptions options;
  options.labels = manifest.labels;
  ONEDGE_RETURN_IF_ERROR(manifest.preprocessing.CheckKnown({"image"}));
  ONEDGE_ASSIGN_OR_RETURN(const package::Settings* image, manifest.preprocessing.Nested("image"));
  if (!image) return InvalidArgument("image-classification needs preprocessing.image in manifest.json");
  ONEDGE_ASSIGN_OR_RETURN(options.preprocessing, ImagePreprocessingFrom(*image));
  ONEDGE_ASSIGN_OR_RETURN(options.function, FunctionOf(manifest.postprocessing));
  return options;
}

}  // namespace onedge::api
