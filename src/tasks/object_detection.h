// object-detection: what an image holds, and where.
#pragma once

#include "tasks/output_rows.h"
#include "tasks/task.h"

namespace onedge::tasks {

// scores: float32 [objects, classes]; boxes: float32 [objects, 4], as fractions of the image: centre, width and height,
// or two corners. Of each object its best class, unless that is below the threshold, is ignored, or is the class after
// the last label, which stands for "nothing". Boxes of one class that overlap by more than iou_threshold (where it is
// not 0) give way to the best of them. Best first; boxes in pixels of the image, or as fractions (percentage).
Status DetectObjects(const OutputRows& scores, const OutputRows& boxes, const Image& image,
                     const std::vector<std::string>& labels, const TaskOptions& options, std::vector<Answer>& entries);

}  // namespace onedge::tasks
