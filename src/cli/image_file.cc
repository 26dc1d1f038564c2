#include "cli/image_file.h"

#define STB_IMAGE_IMPLEMENTATION
#define STBI_NO_STDIO
#include <stb/stb_image.h>

#include "cli/files.h"

namespace onedge::cli {

Result<ImageFile> ReadImage(const std::string& path) {
  ONEDGE_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(path));
  if (bytes.size() > INT_MAX) return ResourceExhausted(path, ": larger than 2 GB");
  int width = 0, height = 0, channels = 0;
  const int size = static_cast<int>(bytes.size());
  if (!stbi_info_from_memory(bytes.data(), size, &width, &height, &channels)) {
    return CorruptFile(path, ": not a supported image (JPEG, PNG, BMP, GIF, TGA, PSD, PNM): ", stbi_failure_reason());
  }
  const int wanted = channels == 2 ? 4 : channels;  // grey with alpha as RGBA
  stbi_uc* pixels = stbi_load_from_memory(bytes.data(), size, &width, &height, &channels, wanted);
  if (!pixels) return CorruptFile(path, ": ", stbi_failure_reason());
  ImageFile image;
  image.width = static_cast<size_t>(width);
  image.height = static_cast<size_t>(height);
  image.channels = static_cast<size_t>(wanted);
  image.pixels.assign(pixels, pixels + image.width * image.height * image.channels);
  stbi_image_free(pixels);
  return image;
}

}  // namespace onedge::cli
