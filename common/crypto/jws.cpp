// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/jws.h"

#include "common/base/text.h"
#include "common/codec/base64.h"
#include "common/codec/base64url.h"
#include "common/codec/json.h"
#include "common/crypto/errc.h"

namespace pcg::crypto {
namespace {

namespace json = codec::json;

constexpr std::size_t kMaxChainLength = 8;
constexpr std::size_t kMaxTypSize = 64;

// Header parameters that would change what is signed, or name a key the sender chose.
constexpr std::string_view kRefused[] = {"crit", "b64", "jwk", "jku", "x5u"};

Error jwsError(std::string_view what) {
    return {kJws, "The signed token is refused: " + std::string(what)};
}

Result<CertificateChain> readChain(const json::Object& header) {
    CertificateChain chain;
    if (!header.has("x5c")) return chain;
    const auto texts = header.strings("x5c", kMaxChainLength, 16 * 1024);
    if (!texts || texts->empty())
        return fail(jwsError("its x5c is not a short list of certificates."));
    for (const auto& text : *texts) {
        // x5c is standard base64, unlike everything else in a JWS (RFC 7515 section 4.1.6).
        const auto der = codec::base64Decode(text);
        if (!der) return fail(jwsError("its x5c is not base64."));
        auto certificate = Certificate::fromDer(*der);
        if (!certificate) return fail(jwsError("its x5c holds something that is no certificate."));
        chain.push_back(std::move(*certificate));
    }
    return chain;
}

Result<json::Object> readHeader(std::string_view encoded) {
    const auto text = codec::base64UrlDecode(encoded);
    if (!text) return fail(jwsError("its header is not base64url."));
    auto header = json::parseObject(asText(*text), kMaxJwsSize);
    if (!header) return fail(jwsError("its header is not a JSON object."));
    const auto algorithm = header->string("alg", 32);
    if (!algorithm || *algorithm != "ES256") return fail(jwsError("its algorithm is not ES256."));
    for (const auto name : kRefused) {
        if (header->has(name)) {
            return fail(
                jwsError("its header has \"" + std::string(name) + "\", which is never taken."));
        }
    }
    return header;
}

}  // namespace

Result<std::string> signJws(const EcKey& key,
                            std::string_view typ,
                            BytesView payload,
                            std::span<const Certificate> chain) {
    json::Object header;
    header.set("alg", "ES256").set("typ", typ);
    if (!chain.empty()) {
        json::Array certificates;
        for (const auto& certificate : chain) {
            certificates.emplace_back(codec::base64Encode(certificate.der()));
        }
        header.set("x5c", std::move(certificates));
    }
    auto token = codec::base64UrlEncode(asBytes(json::write(header))) + "." +
                 codec::base64UrlEncode(payload);
    const auto signature = PCG_TRY(key.signEs256(asBytes(token)));
    token += "." + codec::base64UrlEncode(signature);
    if (token.size() > kMaxJwsSize)
        return fail(kJws, "The payload is too long for a signed token.");
    return token;
}

Result<UnverifiedJws> UnverifiedJws::parse(std::string_view text) {
    if (text.size() > kMaxJwsSize) return fail(jwsError("it is longer than 64 KiB."));
    const auto parts = split(text, '.');
    if (parts.size() != 3) return fail(jwsError("it does not have three parts."));
    const auto header = PCG_TRY(readHeader(parts[0]));
    UnverifiedJws jws;
    if (header.has("typ")) {
        auto typ = header.string("typ", kMaxTypSize);
        if (!typ) return fail(jwsError("its typ is not a short string."));
        jws.typ_ = std::move(*typ);
    }
    jws.chain_ = PCG_TRY(readChain(header));
    auto payload = codec::base64UrlDecode(parts[1]);
    auto signature = codec::base64UrlDecode(parts[2]);
    if (!payload || !signature) return fail(jwsError("its payload or signature is not base64url."));
    jws.payload_ = std::move(*payload);
    jws.signature_ = std::move(*signature);
    jws.signingInput_ = text.substr(0, parts[0].size() + 1 + parts[1].size());
    return jws;
}

Result<Bytes> UnverifiedJws::verify(std::string_view typ, BytesView spki) const {
    if (typ_ != typ) {
        return fail(jwsError("it is of type \"" + typ_ + "\", not \"" + std::string(typ) + "\"."));
    }
    PCG_TRY(verifyEs256(spki, asBytes(signingInput_), signature_));
    return payload_;
}

Result<Bytes> UnverifiedJws::verifyByChain(std::string_view typ,
                                           std::span<const Certificate> roots,
                                           Purpose purpose,
                                           WallTime at) const {
    if (chain_.empty()) return fail(jwsError("it carries no certificate chain."));
    PCG_TRY(verifyChain(chain_, roots, purpose, at));
    return verify(typ, chain_.front().publicSpki());
}

}  // namespace pcg::crypto
