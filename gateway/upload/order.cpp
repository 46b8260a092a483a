// SPDX-License-Identifier: Apache-2.0
#include "gateway/upload/order.h"

#include "common/base/text.h"
#include "gateway/endpoints/new_endpoint.h"

#include <algorithm>

namespace pcg::gateway::upload {
namespace {

using codec::json::Object;

constexpr std::size_t kMaxName = 256;
constexpr std::size_t kMaxPath = 1024;
constexpr std::size_t kMaxUrl = 4096;
constexpr std::int64_t kMostBytes = std::int64_t{1} << 44;  // 16 TiB

template <class T>
Result<T> under(std::string_view field, Result<T> read) {
    if (!read) return badField(field, read.error().message());
    return read;
}

bool isClean(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\';
    });
}

// Text that goes into paths, forms and SOAP, where each is escaped as it must be.
Result<std::string> textIn(const Object& from, std::string_view name, std::size_t most) {
    auto text = PCG_TRY(asField(from.string(name, most)));
    const auto field = "target." + std::string(name);
    if (text.empty()) return badField(field, "must not be empty.");
    if (!isClean(text)) return badField(field, "must not have control characters or backslashes.");
    return text;
}

Result<std::string> optionalTextIn(const Object& from, std::string_view name, std::size_t most) {
    if (!from.has(name)) return std::string();
    return textIn(from, name, most);
}

Result<> checkSegments(std::string_view path, std::string_view field) {
    if (path.starts_with('/') || path.ends_with('/'))
        return badField(field, "must not begin or end with a slash.");
    for (const auto segment : split(path, '/')) {
        if (segment.empty() || segment == "." || segment == "..")
            return badField(field, "must not have empty, . or .. segments.");
    }
    return {};
}

Result<UploadTarget> parseDatastore(const Object& from) {
    PCG_TRY(asField(from.onlyMembers({"kind", "datacenter", "datastore", "path", "overwrite"})));
    DatastoreFile made;
    made.datacenter = PCG_TRY(textIn(from, "datacenter", kMaxName));
    made.datastore = PCG_TRY(textIn(from, "datastore", kMaxName));
    made.path = PCG_TRY(textIn(from, "path", kMaxPath));
    made.overwrite = PCG_TRY(asField(from.booleanOr("overwrite", false)));
    PCG_TRY(checkSegments(made.path, "target.path"));
    PCG_TRY(checkSegments(made.datacenter, "target.datacenter"));
    return UploadTarget(std::move(made));
}

Result<UploadTarget> parseLease(const Object& from) {
    PCG_TRY(asField(from.onlyMembers({"kind", "lease", "device_key", "import_key", "create"})));
    LeaseDevice made;
    made.lease = PCG_TRY(textIn(from, "lease", kMaxName));
    made.deviceKey = PCG_TRY(optionalTextIn(from, "device_key", kMaxName));
    made.importKey = PCG_TRY(optionalTextIn(from, "import_key", kMaxName));
    made.create = PCG_TRY(asField(from.booleanOr("create", false)));
    if (made.deviceKey.empty() == made.importKey.empty())
        return badField("target.device_key", "or import_key is needed, and not both.");
    return UploadTarget(std::move(made));
}

Result<UploadTarget> parseBootResource(const Object& from) {
    PCG_TRY(asField(
        from.onlyMembers({"kind", "name", "title", "architecture", "filetype", "base_image"})));
    BootResource made;
    made.name = PCG_TRY(textIn(from, "name", kMaxName));
    made.title = PCG_TRY(optionalTextIn(from, "title", kMaxName));
    made.architecture = PCG_TRY(textIn(from, "architecture", kMaxName));
    made.filetype = PCG_TRY(textIn(from, "filetype", 32));
    made.baseImage = PCG_TRY(optionalTextIn(from, "base_image", kMaxName));
    return UploadTarget(std::move(made));
}

Result<UploadTarget> parseTarget(const Object& body) {
    const auto* target = PCG_TRY(asField(body.object("target")));
    const auto kind = PCG_TRY(asField(target->string("kind", 32)));
    if (kind == "datastore") return parseDatastore(*target);
    if (kind == "lease") return parseLease(*target);
    if (kind == "boot_resource") return parseBootResource(*target);
    return badField("target.kind", "must be datastore, lease or boot_resource.");
}

Result<SourceUrl> parseSource(const Object& body) {
    const auto text = PCG_TRY(asField(body.string("source", kMaxUrl)));
    auto url = SourceUrl::parse(text);
    if (!url) return fail(gateway::errc::kBadField, url.error().message());
    return std::move(*url);
}

Result<crypto::Digest256> parseDigest(const Object& body) {
    const auto text = PCG_TRY(asField(body.string("sha256", 64)));
    const auto octets = fromHex(text);
    crypto::Digest256 digest{};
    if (!octets || octets->size() != digest.size())
        return badField("sha256", "must be 64 hexadecimal digits.");
    std::copy(octets->begin(), octets->end(), digest.begin());
    return digest;
}

Result<Order> parseWith(const Object& body, const std::string& key) {
    const auto id = PCG_TRY(asField(body.string("id", 64)));
    const auto endpoint = PCG_TRY(asField(body.string("endpoint", 64)));
    auto uploadId = PCG_TRY(under("id", wire::parseUploadId(id)));
    auto endpointId = PCG_TRY(under("endpoint", wire::parseEndpointId(endpoint)));
    auto keyId = PCG_TRY(under("access_key.id", wire::parseAccessKeyId(key)));
    auto source = PCG_TRY(parseSource(body));
    const auto digest = PCG_TRY(parseDigest(body));
    const auto most = PCG_TRY(asField(body.integer("max_bytes", 1, kMostBytes)));
    auto target = PCG_TRY(parseTarget(body));
    return Order{std::move(uploadId),
                 std::move(endpointId),
                 std::move(keyId),
                 std::move(source),
                 digest,
                 static_cast<ByteCount>(most),
                 std::move(target)};
}

struct TargetWriter {
    Object operator()(const DatastoreFile& one) const {
        return Object()
            .set("kind", "datastore")
            .set("datacenter", one.datacenter)
            .set("datastore", one.datastore)
            .set("path", one.path)
            .set("overwrite", one.overwrite);
    }

    Object operator()(const LeaseDevice& one) const {
        Object made;
        made.set("kind", "lease").set("lease", one.lease);
        if (!one.deviceKey.empty()) made.set("device_key", one.deviceKey);
        if (!one.importKey.empty()) made.set("import_key", one.importKey);
        return made.set("create", one.create);
    }

    Object operator()(const BootResource& one) const {
        Object made;
        made.set("kind", "boot_resource").set("name", one.name);
        if (!one.title.empty()) made.set("title", one.title);
        made.set("architecture", one.architecture).set("filetype", one.filetype);
        if (!one.baseImage.empty()) made.set("base_image", one.baseImage);
        return made;
    }
};

Object written(const Order& order, const std::string& source) {
    return Object()
        .set("id", order.id.text())
        .set("endpoint", order.endpoint.text())
        .set("access_key", order.key.text())
        .set("source", source)
        .set("sha256", order.sha256Hex())
        .set("max_bytes", codec::json::Value::ofUnsigned(order.mostBytes))
        .set("target", std::visit(TargetWriter{}, order.target));
}

struct Describer {
    std::string operator()(const DatastoreFile& one) const {
        return "[" + one.datastore + "] " + one.path + " in " + one.datacenter;
    }

    std::string operator()(const LeaseDevice& one) const {
        return "device " + one.deviceKey + one.importKey + " of lease " + one.lease;
    }

    std::string operator()(const BootResource& one) const {
        return "boot resource " + one.name + " for " + one.architecture;
    }
};

}  // namespace

Result<Order> Order::parse(const Object& body) {
    PCG_TRY(asField(body.onlyMembers(
        {"id", "endpoint", "access_key", "source", "sha256", "max_bytes", "target"})));
    const auto key = PCG_TRY(asField(body.string("access_key", 64)));
    return parseWith(body, key);
}

Object Order::toJson() const { return written(*this, source.text()); }

Object Order::shown() const { return written(*this, source.shown()); }

Result<NewOrder> NewOrder::parse(const Object& body) {
    PCG_TRY(asField(body.onlyMembers(
        {"id", "endpoint", "access_key", "source", "sha256", "max_bytes", "target"})));
    const auto* key = PCG_TRY(asField(body.object("access_key")));
    PCG_TRY(asField(key->onlyMembers({"id", "secret"})));
    const auto id = PCG_TRY(asField(key->string("id", 64)));
    auto text = PCG_TRY(asField(key->string("secret", 256)));
    auto secret = Secret::takeText(text);
    auto order = PCG_TRY(parseWith(body, id));
    return NewOrder{std::move(order), std::move(secret)};
}

std::string describe(const UploadTarget& target) { return std::visit(Describer{}, target); }

std::string_view endpointKindFor(const UploadTarget& target) {
    return std::holds_alternative<BootResource>(target) ? "maas" : "vcenter";
}

}  // namespace pcg::gateway::upload
