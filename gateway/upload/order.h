// SPDX-License-Identifier: Apache-2.0
// What an upload by reference was asked to be, read strictly from what the tenant's side sends
// (docs/protocol/uploads.md). Errors are gateway.bad_field and begin with the member. Values.
#pragma once

#include "common/base/secret.h"
#include "common/codec/json.h"
#include "common/crypto/digest.h"
#include "common/wire/upload_form.h"
#include "gateway/upload/source_list.h"

#include <variant>

namespace pcg::gateway::upload {

// "[fast-1] iso/a.iso" in a data center of a vCenter: PUT /folder/...
struct DatastoreFile {
    std::string datacenter;  // as a path, "DC0" or "folder/DC0"
    std::string datastore;
    std::string path;        // in the datastore, without a leading slash
    bool overwrite = false;  // what is there already
};

// One device of an import lease that a session of the same access key has opened.
struct LeaseDevice {
    std::string lease;  // the id of the HttpNfcLease
    // One of the two, as the lease's info says them.
    std::string deviceKey;
    std::string importKey;
    bool create = false;  // OvfFileItem.create: PUT instead of POST
};

// A boot resource of a MAAS.
struct BootResource {
    std::string name;  // "custom/appliance"
    std::string title;
    std::string architecture;  // "amd64/generic"
    std::string filetype;      // "tgz", "ddgz", ...
    std::string baseImage;     // "ubuntu/jammy"; may be empty
};

using UploadTarget = std::variant<DatastoreFile, LeaseDevice, BootResource>;

struct Order {
    wire::UploadId id;
    wire::EndpointId endpoint;
    wire::AccessKeyId key;
    SourceUrl source;
    crypto::Digest256 sha256{};
    ByteCount mostBytes = 0;
    UploadTarget target;

    // Without the proof that the key's secret is known.
    static Result<Order> parse(const codec::json::Object& body);

    // What parse() reads; the source with its query. `shown`: for everybody, without it.
    codec::json::Object toJson() const;
    codec::json::Object shown() const;

    std::string sha256Hex() const { return toHex(sha256); }
};

struct NewOrder {
    Order order;
    Secret secret;  // of the access key; proves who orders, and is not kept

    // As Order's, with "access_key": {"id", "secret"}.
    static Result<NewOrder> parse(const codec::json::Object& body);
};

// "[fast-1] iso/a.iso in DC0", "device ... of lease ...", "boot resource custom/appliance".
std::string describe(const UploadTarget& target);

// The kind of endpoint that it is for: "vcenter", "maas".
std::string_view endpointKindFor(const UploadTarget& target);

}  // namespace pcg::gateway::upload
