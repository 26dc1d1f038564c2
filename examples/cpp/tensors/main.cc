// tensors MODEL.onedge: runs the digits model on a tensor, a hand-drawn 3, and prints the scores of all ten digits.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <onedge.hpp>

namespace {

// In the style of the training images: '#' is white, '+' grey.
constexpr char kThree[] =
    "..####.."
    ".+#..##."
    "....##.."
    "..###..."
    "....##.."
    ".....##."
    ".+#..##."
    "..####..";

onedge::Status Run(int argc, char** argv) {
  if (argc != 2) return onedge::InvalidArgument("usage: tensors MODEL.onedge");
  std::ifstream file(argv[1], std::ios::binary);
  if (!file) return onedge::NotFound(argv[1], ": cannot be read");
  // Feeds the file in pieces: a file of any size loads without a second copy.
  const auto loader = onedge::api::ModelLoader::Create({.memory_limit = 16 << 20});
  char chunk[4096];
  while (file.read(chunk, sizeof chunk), file.gcount() > 0) {
    const auto size = static_cast<size_t>(file.gcount());
    ONEDGE_RETURN_IF_ERROR(loader->Feed({reinterpret_cast<const uint8_t*>(chunk), size}));
  }
  ONEDGE_ASSIGN_OR_RETURN(const auto model, loader->Finish());
  ONEDGE_ASSIGN_OR_RETURN(const auto session, model->CreateSession());

  std::vector<float> pixels;
  for (size_t i = 0; i < 64; ++i) pixels.push_back(kThree[i] == '#' ? 1.0f : kThree[i] == '+' ? 0.5f : 0.0f);
  ONEDGE_ASSIGN_OR_RETURN(onedge::Tensor image, onedge::Tensor::FromValues<float>({1, 1, 8, 8}, pixels));
  const onedge::api::NamedValue inputs[] = {{"image", std::move(image)}};
  ONEDGE_ASSIGN_OR_RETURN(const auto outputs, session->Run(inputs));
  const auto logits = outputs[0].tensor().values<float>();  // valid until the next run
  for (size_t digit = 0; digit < logits.size(); ++digit) std::printf("%zu %8.3f\n", digit, logits[digit]);
  std::printf("best %td\n", std::max_element(logits.begin(), logits.end()) - logits.begin());
  return onedge::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  const onedge::Status status = Run(argc, argv);
  if (!status.ok()) std::fprintf(stderr, "tensors: %s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
