#include "tasks/image_task.h"

#include <algorithm>

namespace onedge::tasks {
namespace {

constexpr std::string_view kResamples[] = {"bilinear", "bicubic", "nearest"};
constexpr std::string_view kLayouts[] = {"NCHW", "NHWC"};

}  // namespace

void ImageTask::AddSettings(std::vector<Setting>& settings) {
  ImagePreprocessing& image = preprocessing_;
  settings.push_back({"width", &image.width});
  settings.push_back({"height", &image.height});
  settings.push_back({"shortest_edge", &image.shortest_edge});
  settings.push_back({"longest_edge", &image.longest_edge});
  settings.push_back({"resample", ChoiceOf(kResamples, &image.resample)});
  settings.push_back({"channels", &image.channels});
  settings.push_back({"scale", &image.scale});
  settings.push_back({"mean", &image.mean});
  settings.push_back({"std", &image.std});
  settings.push_back({"invert", &image.invert});
  settings.push_back({"layout", ChoiceOf(kLayouts, &image.layout)});
}

Status ImageTask::Check(BatchShape& shape) const {
  shape = {};
  ONEDGE_RETURN_IF_ERROR(CheckLabels());
  if (model().inputs().empty() || model().inputs()[0].type.dtype != DType::kFloat32) {
    return Unsupported(name(), " needs a model whose first input is a float32 image; run it with tensors instead");
  }
  return OkStatus();
}

Status ImageTask::CheckSettings() const {
  const ImagePreprocessing& image = preprocessing_;
  if (image.shortest_edge > 0 || (image.width > 0 && image.height > 0)) return OkStatus();
  return InvalidArgument(name(),
                         " needs preprocessing.image with width and height, or with shortest_edge; pack the model with "
                         "--image width=W --image height=H");
}

Status ImageTask::Encode(uint32_t input, std::vector<Sequence>& sequences) {
  sequences.push_back({input});
  return OkStatus();
}

Status ImageTask::Build(std::span<const Sequence* const> batch, size_t,
                        std::vector<runtime::NamedValue>& inputs) const {
  ONEDGE_ASSIGN_OR_RETURN(Tensor pixels,
                          PreprocessImage(input(batch[0]->input).image, preprocessing_, model().budget()));
  const size_t axis = preprocessing_.layout == Layout::kNhwc ? 1 : 2;
  Shape mask_shape = {1, pixels.dim(axis), pixels.dim(axis + 1)};
  inputs.push_back({model().inputs()[0].name, std::move(pixels)});
  for (size_t i = 1; i < model().inputs().size(); ++i) {
    const runtime::SignatureEntry& input = model().inputs()[i];
    if (input.name != "pixel_mask" || input.type.dtype != DType::kInt64) {
      return Unsupported("image task: cannot fill input '", input.name,
                         "' from an image; expected an int64 pixel_mask; run the model with tensors instead");
    }
    for (size_t d = 1; input.type.dims && d < 3 && input.type.dims->size() == 3; ++d) {
      if ((*input.type.dims)[d].known()) mask_shape[d] = (*input.type.dims)[d].value;
    }
    ONEDGE_ASSIGN_OR_RETURN(Tensor mask, Tensor::Allocate(DType::kInt64, mask_shape, model().budget()));
    std::fill_n(mask.mutable_data<int64_t>(), mask.element_count(), int64_t{1});
    inputs.push_back({input.name, std::move(mask)});
  }
  return OkStatus();
}

}  // namespace onedge::tasks
