// SPDX-License-Identifier: Apache-2.0
// What a SOAP call names in its arguments, as far as rules and the audit look at it: objects,
// datastores and networks by name, keys of extraConfig, names of machines and folders. Never a
// value: of what starts machines (user data) its SHA-256 and size are kept.
//
// Bounded; a call that names more than that is `overfull`, and no rule with a condition lets it
// through.
#pragma once

#include "common/base/bytes.h"

#include <string>
#include <string_view>
#include <vector>

namespace pcg::policy {

struct Reference {
    std::string element;  // "datastore"
    std::string type;     // as the client says
    std::string id;       // "datastore-12"

    friend bool operator==(const Reference&, const Reference&) = default;
};

struct ExtraSetting {
    std::string key;     // in lower case: a vCenter takes either
    std::string sha256;  // of user data, else empty
    ByteCount size = 0;  // of the value

    friend bool operator==(const ExtraSetting&, const ExtraSetting&) = default;
};

struct Arguments {
    static constexpr std::size_t kMostItems = 256;  // of each kind

    std::vector<Reference> references;
    std::vector<std::string> datastores;   // of "[name] path", or of a URL
    std::vector<std::string> datacenters;  // of a URL, by path
    std::vector<std::string> networks;     // by name or port group key
    std::vector<ExtraSetting> extra_config;
    std::vector<std::string> names;  // of what is made or renamed
    bool overfull = false;  // more than is kept, or in a form that could be read in two ways

    // A vCenter to go to is told (ServiceLocator): ids and names may be that one's.
    bool elsewhere = false;

    friend bool operator==(const Arguments&, const Arguments&) = default;

    // "name=web-3 folder=group-v3 extra_config=guestinfo.userdata sha256:ab.. (8192 octets)", for
    // the audit; at most about 1 KiB.
    std::string toText() const;
};

// What rules limit. An object counts as of a kind when its id (vCenter names objects so), the type
// that the client writes, or the name of the argument says so: whoever lies in one of them gains
// nothing.
enum class Kind { Machine, Folder, Datastore, Network, Pool, Host, Datacenter };

bool mayBe(const Reference& reference, Kind kind);

// "group-v3", "datastore-12": what ids of these kinds begin with, a letter or none, and digits.
bool isObjectId(std::string_view text);

// Whether an object of that id, which the client calls `said`, is of the type `wanted`. Most ids of
// a vCenter say what they name ("vm-7"); what an id does not say is the client's word.
enum class Likeness {
    No,
    InDoubt,  // id and type speak of different things, or the type is one that no object has
    Yes
};

Likeness likenessOf(std::string_view id, std::string_view said, std::string_view wanted);

}  // namespace pcg::policy
