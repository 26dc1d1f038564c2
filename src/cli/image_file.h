// Image files as pixels, through stb_image: JPEG, PNG, BMP, GIF, TGA, PSD, PNM.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"

namespace onedge::cli {

struct ImageFile {
  std::vector<uint8_t> pixels;  // rows from the top
  size_t width = 0;
  size_t height = 0;
  size_t channels = 0;  // 1, 3 or 4
};

Result<ImageFile> ReadImage(const std::string& path);

}  // namespace onedge::cli
