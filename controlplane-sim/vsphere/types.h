// SPDX-License-Identifier: Apache-2.0
// The few of vSphere's data objects that we use, as values.
#pragma once

#include "common/base/result.h"
#include "common/xml/element.h"

#include <optional>
#include <string>
#include <vector>

namespace pcg::controlplane::vsphere {

// A managed object reference: "VirtualMachine", "vm-42".
struct Ref {
    std::string type;
    std::string id;

    friend auto operator<=>(const Ref&, const Ref&) = default;
};

struct ServiceContent {
    Ref rootFolder;
    Ref propertyCollector;
    Ref viewManager;
    Ref sessionManager;
    Ref searchIndex;
    std::string apiType;     // "VirtualCenter"
    std::string apiVersion;  // "8.0.3.0"
};

struct Property {
    std::string name;
    xml::Element value;
};

struct ObjectContent {
    Ref object;
    std::vector<Property> properties;

    // nullptr if the server left it out: it is unset, or may not be read.
    const xml::Element* find(std::string_view name) const;
    std::string_view text(std::string_view name) const;
};

struct ObjectPage {
    std::vector<ObjectContent> objects;
    std::string token;  // empty: this was the last page
};

struct Fault {
    std::string type;     // "DuplicateName"
    std::string message;  // the server's words

    // The error a caller decides by.
    Error error() const;
};

struct TaskInfo {
    enum class State { Running, Success, Failed };
    State state = State::Running;  // queued counts as running
    std::optional<Ref> result;
    std::optional<Fault> fault;
};

struct PropertyChange {
    Ref object;
    std::string name;
    xml::Element value;
};

struct UpdateSet {
    std::string version;
    bool truncated = false;
    std::vector<PropertyChange> changes;
};

// What is asked of a property collector: properties of one object, or of all in a view.
struct PropertyQuery {
    struct Set {
        std::string type;
        std::vector<std::string> paths;
    };

    std::vector<Set> sets;
    Ref object;
    bool throughView = false;  // `object` is a ContainerView
};

// An entry of a virtual machine's extraConfig: all that is "guestinfo." can be read by its guest.
struct ExtraConfig {
    std::string key;
    std::string value;
};

struct CloneOrder {
    Ref source;
    Ref folder;
    std::string name;
    Ref pool;
    std::optional<Ref> datastore;
    std::string instanceUuid;
    std::string annotation;
    std::vector<ExtraConfig> extraConfig;
};

struct ReconfigureOrder {
    int cpu = 0;        // 0: as it is
    int memoryMib = 0;  // 0: as it is
    std::vector<xml::Element> editedDevices;
    std::vector<ExtraConfig> extraConfig;
};

}  // namespace pcg::controlplane::vsphere
