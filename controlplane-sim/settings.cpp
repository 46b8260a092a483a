// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/settings.h"

#include "common/base/text.h"

namespace pcg::controlplane {

Result<std::uint16_t> SimSettings::port(const std::string& name) {
    const auto row =
        PCG_TRY(database_.queryOne("SELECT value FROM settings WHERE name = ?", {name}));
    if (!row) return std::uint16_t{0};
    return static_cast<std::uint16_t>(parseUnsigned(row->text(0)).value_or(0));
}

Result<> SimSettings::setPort(const std::string& name, std::uint16_t port) {
    PCG_TRY(
        database_.execute("INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO "
                          "UPDATE SET value = excluded.value",
                          {name, std::to_string(port)}));
    return {};
}

}  // namespace pcg::controlplane
