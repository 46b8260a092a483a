// SPDX-License-Identifier: Apache-2.0
// What an import can refuse. Every message names the file and what would do.
#pragma once

#include "common/base/error.h"

namespace pcg::appliance::errc {

inline constexpr ErrorCode kUsage{ErrorClass::Input, "import.usage"};
inline constexpr ErrorCode kArchive{ErrorClass::Input, "import.archive"};
inline constexpr ErrorCode kTruncated{ErrorClass::Input, "import.truncated"};
inline constexpr ErrorCode kName{ErrorClass::Input, "import.name"};
inline constexpr ErrorCode kManifest{ErrorClass::Input, "import.manifest"};
inline constexpr ErrorCode kDigest{ErrorClass::Input, "import.digest"};
inline constexpr ErrorCode kUnsigned{ErrorClass::Input, "import.unsigned"};
inline constexpr ErrorCode kSignature{ErrorClass::Input, "import.signature"};
inline constexpr ErrorCode kSigner{ErrorClass::Input, "import.signer"};
inline constexpr ErrorCode kDescriptor{ErrorClass::Input, "import.descriptor"};
inline constexpr ErrorCode kSchema{ErrorClass::Input, "import.schema"};
inline constexpr ErrorCode kDisk{ErrorClass::Input, "import.disk"};
inline constexpr ErrorCode kProperty{ErrorClass::Input, "import.property"};
inline constexpr ErrorCode kExists{ErrorClass::Input, "import.exists"};
inline constexpr ErrorCode kFile{ErrorClass::Weather, "import.file"};
inline constexpr ErrorCode kTool{ErrorClass::Weather, "import.tool"};
inline constexpr ErrorCode kLibvirt{ErrorClass::Weather, "import.libvirt"};

}  // namespace pcg::appliance::errc
