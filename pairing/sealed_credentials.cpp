// SPDX-License-Identifier: Apache-2.0
#include "pairing/sealed_credentials.h"

#include "common/codec/json.h"
#include "common/crypto/aead.h"
#include "common/crypto/digest.h"
#include "common/crypto/kdf.h"
#include "pairing/errc.h"
#include "pairing/types.h"

#include <algorithm>

namespace pcg::pairing {
namespace {

constexpr std::string_view kKeyStatement = "PCG-SEAL-KEY-1";
constexpr std::string_view kKeyInfo = "PCG-SEAL-1";
constexpr std::string_view kAssociated = "pcg.seal.v1";
constexpr std::size_t kNonceAt = crypto::kPointSize;
constexpr std::size_t kCiphertextAt = kNonceAt + sizeof(crypto::AeadNonce);
constexpr std::size_t kLeastSize = kCiphertextAt + crypto::kAeadTagSize;
constexpr std::size_t kKeyIdOctets = 8;
constexpr std::size_t kMaxAddress = 512;
constexpr std::size_t kPadTo = 256;

// Four octets of length, big-endian, then the octets.
void appendCounted(Bytes& to, BytesView octets) {
    const auto size = static_cast<std::uint32_t>(octets.size());
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
        to.push_back(static_cast<std::uint8_t>(size >> shift));
    }
    append(to, octets);
}

Secret boxKey(const crypto::Scalar& own,
              const crypto::Point& peer,
              BytesView ephemeral,
              BytesView publicKey,
              const SealContext& context) {
    Bytes info = toBytes(asBytes(kKeyInfo));
    appendCounted(info, ephemeral);
    appendCounted(info, publicKey);
    appendCounted(info, asBytes(context.gatewayId));
    appendCounted(info, asBytes(context.endpointName));
    appendCounted(info, asBytes(context.kind));
    return crypto::hkdf({}, crypto::ecdh(own, peer).reveal(), info, crypto::kAeadKeySize);
}

tl::unexpected<Error> notForUs() {
    return fail(kSealed,
                "the sealed credentials do not open: they were sealed to another gateway or to a "
                "key from before its last pairing, for another endpoint name or kind, or were "
                "altered. Enter them again");
}

Result<Secret> line(const codec::json::Object& object, std::string_view name) {
    auto text = object.string(name, kMaxCredentialBytes);
    if (!text) return fail(kSealed, "the sealed credentials: " + text.error().message());
    auto secret = Secret::takeText(*text);
    const auto shown = secret.revealText();
    const bool isLine = shown.find_first_of(std::string_view("\0\r\n", 3)) == std::string::npos;
    if (!shown.empty() && isLine) return secret;
    return fail(kSealed,
                "the sealed credentials: \"" + std::string(name) +
                    (shown.empty() ? "\" must not be empty" : "\" must be one line"));
}

}  // namespace

std::string sealingKeyId(const crypto::PointBytes& publicKey) {
    const auto digest = crypto::sha256(publicKey);
    return toHex(BytesView(digest).first(kKeyIdOctets));
}

Bytes sealingKeyStatement(std::string_view gatewayId, const crypto::PointBytes& publicKey) {
    Bytes statement = toBytes(asBytes(kKeyStatement));
    appendCounted(statement, asBytes(gatewayId));
    appendCounted(statement, publicKey);
    return statement;
}

Result<> verifySealingKey(std::string_view gatewayId,
                          const crypto::PointBytes& publicKey,
                          BytesView deviceSpki,
                          BytesView signature) {
    if (gatewayIdOf(deviceSpki) != gatewayId) {
        return fail(kSealed, "the device key is not the one of gateway " + std::string(gatewayId));
    }
    if (!crypto::Point::parse(publicKey)) return fail(kSealed, "the sealing key is not usable");
    const auto statement = sealingKeyStatement(gatewayId, publicKey);
    if (crypto::verifyEs256(deviceSpki, statement, signature)) return {};
    return fail(kSealed, "the sealing key is not signed by the gateway's device key");
}

Result<Bytes> sealCredentials(const Secret& plaintext,
                              const crypto::PointBytes& publicKey,
                              const SealContext& context,
                              Random& random) {
    const auto gateway = crypto::Point::parse(publicKey);
    if (!gateway) return fail(kSealed, "the sealing key is not usable");
    const auto own = crypto::Scalar::random(random);
    const auto ephemeral = crypto::Point::multiplyGenerator(own).bytes();
    const auto nonce = random.array<sizeof(crypto::AeadNonce)>();
    const auto key = boxKey(own, *gateway, ephemeral, publicKey, context);
    Bytes sealed = toBytes(ephemeral);
    append(sealed, nonce);
    append(sealed, crypto::aesGcmSeal(key, nonce, asBytes(kAssociated), plaintext.reveal()));
    return sealed;
}

Result<Secret> openCredentials(BytesView sealed,
                               const crypto::Scalar& privateKey,
                               const SealContext& context) {
    if (sealed.size() < kLeastSize || sealed.size() > kMaxSealedCredentials) return notForUs();
    const auto ephemeral = sealed.first(crypto::kPointSize);
    const auto peer = crypto::Point::parse(ephemeral);
    if (!peer) return notForUs();
    const auto own = crypto::Point::multiplyGenerator(privateKey).bytes();
    const auto key = boxKey(privateKey, *peer, ephemeral, own, context);
    crypto::AeadNonce nonce{};
    const auto nonceOctets = sealed.subspan(kNonceAt, nonce.size());
    std::copy(nonceOctets.begin(), nonceOctets.end(), nonce.begin());
    auto opened =
        crypto::aesGcmOpen(key, nonce, asBytes(kAssociated), sealed.subspan(kCiphertextAt));
    if (!opened) return notForUs();
    return std::move(*opened);
}

// Of a MAAS: the two names in front of the secret stand for the user name.
static Result<PasswordCredentials> ofApiKey(std::string address, const Secret& key) {
    const auto text = key.revealText();
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return fail(kSealed, "the sealed credentials: api_key must be CONSUMER:TOKEN:SECRET");
    }
    return PasswordCredentials{std::move(address),
                               Secret::fromText(text.substr(0, colon)),
                               Secret::fromText(text.substr(colon + 1))};
}

Result<PasswordCredentials> PasswordCredentials::parse(const Secret& plaintext) {
    const auto object =
        codec::json::parseObject(plaintext.revealText(), ByteCount{kMaxSealedCredentials});
    // What the reader says of text that is no JSON may repeat a piece of it.
    if (!object) return fail(kSealed, "the sealed credentials are not a JSON object");
    auto address = object->string("address", kMaxAddress);
    if (!address) return fail(kSealed, "the sealed credentials: " + address.error().message());
    if (object->has("api_key"))
        return ofApiKey(std::move(*address), PCG_TRY(line(*object, "api_key")));
    auto username = PCG_TRY(line(*object, "username"));
    auto password = PCG_TRY(line(*object, "password"));
    return PasswordCredentials{std::move(*address), std::move(username), std::move(password)};
}

Secret PasswordCredentials::write() const {
    codec::json::Object object;
    object.set("address", address)
        .set("username", username.revealText())
        .set("password", password.revealText());
    auto text = codec::json::write(object);
    std::string padded((text.size() + kPadTo - 1) / kPadTo * kPadTo, ' ');
    std::copy(text.begin(), text.end(), padded.begin());
    wipe(text);
    return Secret::takeText(padded);
}

}  // namespace pcg::pairing
