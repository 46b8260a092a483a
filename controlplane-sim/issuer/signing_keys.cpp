// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/issuer/signing_keys.h"

#include "common/base/text.h"
#include "controlplane-sim/issuer/errc.h"

namespace pcg::controlplane::issuer {
namespace {

using identity::AccountKey;
using identity::AccountKeyPair;
using identity::OperatorKeyPair;

// Lines, not JSON: every step of a JSON writer would leave a copy of a seed in freed memory.
constexpr std::string_view kOperatorHead = "pcg-operator-1";
constexpr std::string_view kTenantHead = "pcg-tenant-1";

Secret join(std::initializer_list<std::string_view> lines) {
    std::size_t size = 0;
    for (const auto line : lines) size += line.size() + 1;
    std::string text;
    text.reserve(size);
    for (const auto line : lines) text.append(line).push_back('\n');
    return Secret::takeText(text);
}

Result<std::vector<std::string_view>> linesOf(const Secret& text,
                                              std::string_view head,
                                              std::size_t count) {
    auto lines = split(text.revealText(), '\n');
    if (lines.size() != count + 2 || lines.front() != head || !lines.back().empty()) {
        return fail(kStored,
                    "The stored signing keys of the bus are damaged; restore the state directory.");
    }
    return lines;
}

template <class Pair>
Result<Pair> seedIn(std::string_view line) {
    return Pair::fromSeed(Secret::fromText(line));
}

}  // namespace

Result<OperatorSeeds> OperatorSeeds::generate(Random& random) {
    auto identity = PCG_TRY(OperatorKeyPair::generate(random));
    auto signing = PCG_TRY(OperatorKeyPair::generate(random));
    auto system = PCG_TRY(AccountKeyPair::generate(random));
    auto systemUsers = PCG_TRY(AccountKeyPair::generate(random));
    return OperatorSeeds{
        std::move(identity), std::move(signing), std::move(system), std::move(systemUsers)};
}

Result<OperatorSeeds> OperatorSeeds::fromSecret(const Secret& text) {
    const auto lines = PCG_TRY(linesOf(text, kOperatorHead, 4));
    auto identity = PCG_TRY(seedIn<OperatorKeyPair>(lines[1]));
    auto signing = PCG_TRY(seedIn<OperatorKeyPair>(lines[2]));
    auto system = PCG_TRY(seedIn<AccountKeyPair>(lines[3]));
    auto systemUsers = PCG_TRY(seedIn<AccountKeyPair>(lines[4]));
    return OperatorSeeds{
        std::move(identity), std::move(signing), std::move(system), std::move(systemUsers)};
}

Result<Secret> OperatorSeeds::toSecret() const {
    const auto a = identity.seed();
    const auto b = signing.seed();
    const auto c = system.seed();
    const auto d = systemUsers.seed();
    return join({kOperatorHead, a.revealText(), b.revealText(), c.revealText(), d.revealText()});
}

Result<TenantSeeds> TenantSeeds::generate(Random& random) {
    const auto account = PCG_TRY(AccountKeyPair::generate(random));
    auto gateways = PCG_TRY(AccountKeyPair::generate(random));
    auto controlPlane = PCG_TRY(AccountKeyPair::generate(random));
    return TenantSeeds{account.publicKey(), std::move(gateways), std::move(controlPlane)};
}

Result<TenantSeeds> TenantSeeds::fromSecret(const Secret& text) {
    const auto lines = PCG_TRY(linesOf(text, kTenantHead, 3));
    auto account = PCG_TRY(AccountKey::parse(lines[1]));
    auto gateways = PCG_TRY(seedIn<AccountKeyPair>(lines[2]));
    auto controlPlane = PCG_TRY(seedIn<AccountKeyPair>(lines[3]));
    return TenantSeeds{std::move(account), std::move(gateways), std::move(controlPlane)};
}

Result<Secret> TenantSeeds::toSecret() const {
    const auto a = gateways.seed();
    const auto b = controlPlane.seed();
    return join({kTenantHead, account.text(), a.revealText(), b.revealText()});
}

}  // namespace pcg::controlplane::issuer
