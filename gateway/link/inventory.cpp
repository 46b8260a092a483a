// SPDX-License-Identifier: Apache-2.0
#include "gateway/link/inventory.h"

#include "common/crypto/digest.h"
#include "common/crypto/x509.h"
#include "gateway/console/pairing_status.h"

namespace pcg::gateway {
namespace {

namespace json = codec::json;

constexpr std::size_t kMaxName = 256;

json::Value toJson(const std::optional<CertificateFacts>& certificate) {
    if (!certificate) return nullptr;
    return json::Object()
        .set("sha256", certificate->sha256)
        .set("subject", certificate->subject)
        .set("issuer", certificate->issuer)
        .set("not_before", certificate->notBefore)
        .set("not_after", certificate->notAfter);
}

}  // namespace

std::optional<CertificateFacts> CertificateFacts::of(BytesView der) {
    if (der.empty()) return std::nullopt;
    const auto parsed = crypto::Certificate::fromDer(der);
    if (!parsed) return CertificateFacts{toHex(crypto::sha256(der)), "", "", "", ""};
    return CertificateFacts{toHex(parsed->sha256()),
                            sanitizeForConsole(parsed->subject(), kMaxName),
                            sanitizeForConsole(parsed->issuer(), kMaxName),
                            toRfc3339(parsed->notBefore()),
                            toRfc3339(parsed->notAfter())};
}

json::Object toJson(const InventoryItem& item) {
    json::Object object;
    object.set("id", item.id.text())
        .set("name", item.name)
        .set("kind", item.kind)
        .set("state", item.state)
        .set("why", item.why)
        .set("target", item.target)
        .set("certificate", toJson(item.certificate))
        .set("presented_certificate", toJson(item.presented));
    if (!item.checkedAt.empty()) object.set("checked_at", item.checkedAt);
    return object;
}

json::Object toJson(const RemoteAccess& remote) {
    return json::Object().set("endpoints", remote.endpoints).set("keys", remote.keys);
}

json::Object toJson(const Inventory& inventory) {
    json::Array items;
    for (const auto& item : inventory.endpoints) items.emplace_back(toJson(item));
    json::Object object;
    object.set("endpoints", std::move(items)).set("remote", toJson(inventory.remote));
    if (inventory.sealing) {
        object.set("sealing",
                   json::Object()
                       .set("public_key", inventory.sealing->publicKey)
                       .set("signature", inventory.sealing->signature));
    }
    return object;
}

}  // namespace pcg::gateway
