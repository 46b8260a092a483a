// SPDX-License-Identifier: Apache-2.0
// What a browser does with a form: checks the gateway's sealing key and seals the credentials to
// it. Reads {"gateway_id","sealing","name","kind","address","username","password"} (of a MAAS
// "api_key" in place of the last two) from standard input, as the API shows `sealing`, and prints
// {"sealed","key_id"}.
#include "common/codec/base64url.h"
#include "common/codec/json.h"
#include "common/crypto/random.h"
#include "pairing/sealed_credentials.h"

#include <algorithm>
#include <iostream>
#include <iterator>

namespace {

using namespace pcg;
using codec::json::Object;

Result<Bytes> octets(const Object& from, std::string_view name) {
    return codec::base64UrlDecode(PCG_TRY(from.string(name, 1024)));
}

Result<std::string> seal(const std::string& input) {
    const auto form = PCG_TRY(codec::json::parseObject(input));
    const auto* sealing = PCG_TRY(form.object("sealing"));
    const auto gateway = PCG_TRY(form.string("gateway_id", 64));
    const auto point = PCG_TRY(octets(*sealing, "public_key"));
    crypto::PointBytes key{};
    std::copy_n(point.begin(), std::min(point.size(), key.size()), key.begin());
    PCG_TRY(pairing::verifySealingKey(gateway,
                                      key,
                                      PCG_TRY(octets(*sealing, "device_spki")),
                                      PCG_TRY(octets(*sealing, "signature"))));
    const auto name = PCG_TRY(form.string("name", 64));
    const auto kind = PCG_TRY(form.string("kind", 64));
    auto address = PCG_TRY(form.string("address", 512));
    const auto apiKey = PCG_TRY(form.optionalString("api_key", 1024));
    Secret plaintext;
    if (apiKey) {
        auto text = codec::json::write(Object().set("address", address).set("api_key", *apiKey));
        plaintext = Secret::takeText(text);
    } else {
        auto username = Secret::fromText(PCG_TRY(form.string("username", 1024)));
        auto password = Secret::fromText(PCG_TRY(form.string("password", 1024)));
        const pairing::PasswordCredentials given{
            std::move(address), std::move(username), std::move(password)};
        plaintext = given.write();
    }
    crypto::SystemRandom random;
    const auto box =
        PCG_TRY(pairing::sealCredentials(plaintext, key, {gateway, name, kind}, random));
    return codec::json::write(Object()
                                  .set("sealed", codec::base64UrlEncode(box))
                                  .set("key_id", PCG_TRY(sealing->string("key_id", 64))));
}

}  // namespace

int main() {
    const std::string input{std::istreambuf_iterator<char>(std::cin), {}};
    const auto sealed = seal(input);
    if (!sealed) {
        std::cerr << sealed.error().message() << "\n";
        return 1;
    }
    std::cout << *sealed << "\n";
    return 0;
}
