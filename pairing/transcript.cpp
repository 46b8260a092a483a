// SPDX-License-Identifier: Apache-2.0
#include "pairing/transcript.h"

#include "common/crypto/aead.h"
#include "common/crypto/kdf.h"
#include "pairing/errc.h"

#include <cstdio>

namespace pcg::pairing {
namespace {

constexpr std::size_t kKeySize = 32;

crypto::AeadNonce nonceOf(std::uint64_t seq) {
    crypto::AeadNonce nonce{};
    for (int i = 0; i < 8; ++i) nonce[4 + i] = static_cast<std::uint8_t>(seq >> (56 - 8 * i));
    return nonce;
}

std::string boxLabel(std::string_view type, const ClaimId& claim) {
    return "PCGv1|" + std::string(type) + "|" + toText(claim);
}

Secret expand(const Secret& key, std::string_view info, std::size_t size = kKeySize) {
    return crypto::hkdfExpand(key, asBytes(info), size);
}

std::string sasOf(const Secret& key) {
    const auto octets = expand(key, "PCGv1 sas", 8);
    std::uint64_t number = 0;
    for (const auto octet : octets.reveal()) number = number << 8 | octet;
    char digits[8];
    std::snprintf(digits, sizeof digits, "%06u", static_cast<unsigned>(number % 1'000'000));
    return digits;
}

}  // namespace

void appendLengthValue(Bytes& to, BytesView value) {
    for (int shift = 0; shift < 64; shift += 8)
        to.push_back(static_cast<std::uint8_t>(std::uint64_t{value.size()} >> shift));
    append(to, value);
}

Hash associatedData(const RunContext& context) {
    Bytes text;
    const auto add = [&text](BytesView value) { appendLengthValue(text, value); };
    add(asBytes(kLabel));
    add(asBytes(context.suite));
    add(context.sid);
    add(context.claimId);
    add(asBytes(context.gatewayId));
    add(context.deviceSpkiSha256);
    add(context.encPub);
    add(asBytes(context.nkeyPub));
    add(context.csrSha256);
    add(asBytes(context.tenantId));
    add(asBytes(context.tenantName));
    add(asBytes(context.portalOrigin));
    add(context.controlPlaneRootSpkiSha256);
    add(context.offerSha256);
    add(context.claimSha256);
    const ByteArray<1> attempt{context.attempt};
    add(attempt);
    return crypto::sha256(text);
}

std::string commissionerIdentity(std::string_view tenantId) {
    return "pcg:commissioner:" + std::string(tenantId);
}

std::string gatewayIdentity(std::string_view gatewayId) {
    return "pcg:gateway:" + std::string(gatewayId);
}

SessionKeys deriveSession(BytesView ke,
                          const Hash& associated,
                          const PointBytes& pA,
                          const PointBytes& pB) {
    const auto key = crypto::hkdfExtract(associated, ke);
    SessionKeys session;
    session.commissionerToGateway = expand(key, "PCGv1 a2b");
    session.gatewayToCommissioner = expand(key, "PCGv1 b2a");
    Bytes run = toBytes(asBytes("PCGv1 pth"));
    appendLengthValue(run, pA);
    appendLengthValue(run, pB);
    appendLengthValue(run, associated);
    session.pth = crypto::sha256(run);
    session.reportTag = crypto::hmacSha256(expand(key, "PCGv1 report").reveal(), session.pth);
    session.sas = sasOf(key);
    return session;
}

std::string groupedSas(std::string_view sas) {
    return std::string(sas.substr(0, 3)) + " " + std::string(sas.substr(3));
}

Bytes sealBox(const Secret& key,
              std::string_view type,
              const ClaimId& claim,
              std::uint64_t seq,
              std::string_view plain) {
    return crypto::aesGcmSeal(key, nonceOf(seq), asBytes(boxLabel(type, claim)), asBytes(plain));
}

Result<Secret> openBox(const Secret& key,
                       std::string_view type,
                       const ClaimId& claim,
                       std::uint64_t seq,
                       BytesView box) {
    auto plain = crypto::aesGcmOpen(key, nonceOf(seq), asBytes(boxLabel(type, claim)), box);
    if (!plain) {
        return fail(kBox,
                    "the sealed part of \"" + std::string(type) +
                        "\" was altered on its way, or belongs to another pairing");
    }
    return std::move(*plain);
}

}  // namespace pcg::pairing
