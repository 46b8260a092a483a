// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/policy/ask.h"

namespace pcg::policy {

std::string_view doorName(Door door) {
    switch (door) {
        case Door::Soap:
            return "soap";
        case Door::Rest:
            return "rest";
        case Door::Maas:
            return "maas";
        case Door::Files:
            return "files";
        case Door::Tunnel:
            return "tunnel";
    }
    return "soap";
}

std::string_view builtinName(Builtin role) {
    switch (role) {
        case Builtin::Inventory:
            return "inventory";
        case Builtin::Deploy:
            return "deploy";
        case Builtin::Full:
            return "full";
    }
    return "inventory";
}

std::string Ask::toText() const {
    std::string text(method);
    if (door == Door::Soap) {
        text += " " + std::string(object_type) + ":" + std::string(object_id);
        return text;
    }
    text += " " + std::string(path);
    if (!op.empty()) text += " op=" + std::string(op);
    if (door == Door::Files && !datastore.empty()) text += " datastore=" + std::string(datastore);
    if (door == Door::Files && !datacenter.empty())
        text += " datacenter=" + std::string(datacenter);
    return text;
}

bool Ask::isReading() const { return door != Door::Soap && (method == "GET" || method == "HEAD"); }

}  // namespace pcg::policy
