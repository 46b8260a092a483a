// SPDX-License-Identifier: Apache-2.0
// A certificate that ended in 2021: read, used and warned of.
#pragma once

namespace pcg::appliance {

inline constexpr const char* kOldCa =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBPDCB46ADAgECAgEBMAoGCCqGSM49BAMCMA4xDDAKBgNVBAMMA29sZDAeFw0y\n"
    "MDAxMDEwMDAwMDBaFw0yMTAxMDEwMDAwMDBaMA4xDDAKBgNVBAMMA29sZDBZMBMG\n"
    "ByqGSM49AgEGCCqGSM49AwEHA0IABD+JkFqa067JAMJ/cPu5ND0tRgj2kA548Z0H\n"
    "bIXfjeXebD9JNWOSKa+S95IG6pv/vihuWN73nl2CnCSFTkME1aejMjAwMA8GA1Ud\n"
    "EwEB/wQFMAMBAf8wHQYDVR0OBBYEFJbe/yfTrZ2iHd1t0rD7aMU96UvZMAoGCCqG\n"
    "SM49BAMCA0gAMEUCID6gfHEFAwxDj65C+jzePB6E5NI5zKHA8ISZ3fZ3YlxMAiEA\n"
    "xpSpYnCkiw+qoUQp5lJpTr3Wu3oD7h55fRWElVvJa9k=\n"
    "-----END CERTIFICATE-----\n";

}  // namespace pcg::appliance
