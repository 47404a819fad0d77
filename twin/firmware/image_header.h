// The text of an image's header: written and, with every doubt, read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "twin/firmware/image.h"

namespace wirebraid::firmware {

/// kBlockBytes long; sets `header.sha256`. Throws ImageError without a file's name if `header`
/// cannot be said in that.
std::string write_header(Header& header);

/// `block` is the first kBlockBytes of a file of `file_bytes`. Throws ImageError without the file's
/// name.
Header parse_header(std::string_view block, uint64_t file_bytes);

}  // namespace wirebraid::firmware
