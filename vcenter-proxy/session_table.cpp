// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/session_table.h"

namespace pcg::proxy {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kProofBytes = 32;
constexpr std::size_t kTokenLength = 2 * (kIdBytes + kProofBytes);

bool hasExpired(const Session& session, WallTime now) {
    const auto& expiry = session.principal.expires_at;
    return expiry && *expiry <= now;
}

}  // namespace

std::string Session::upstreamId() const {
    return isRest() ? std::string(rest_id.revealText()) : upstream.value(kSessionCookieName);
}

std::string Session::soapCookies() const {
    auto cookies = upstream.header();
    if (!isRest() || upstream.has(kSessionCookieName)) return cookies;
    if (!cookies.empty()) cookies += "; ";
    return cookies + std::string(kSessionCookieName) + "=" + upstreamId();
}

SessionUse::SessionUse(std::shared_ptr<Session> session, const Clock& clock)
    : session_(std::move(session)), clock_(&clock) {
    ++session_->in_flight;
    session_->last_used = clock.now();
}

SessionUse::~SessionUse() {
    if (!session_) return;
    --session_->in_flight;
    session_->last_used = clock_->now();
}

SessionTable::Opened SessionTable::open(std::shared_ptr<Session> session) {
    std::string id = toHex(random_.array<kIdBytes>());
    std::string proof = toHex(random_.array<kProofBytes>());
    std::string token = id + proof;
    session->token_id = id;
    session->token_proof = Secret::takeText(proof);
    session->last_used = clock_.now();
    sessions_.insert_or_assign(std::move(id), session);
    return {std::move(token), std::move(session)};
}

std::shared_ptr<Session> SessionTable::find(std::string_view token) const {
    if (token.size() != kTokenLength) return nullptr;
    const auto found = sessions_.find(std::string(token.substr(0, 2 * kIdBytes)));
    if (found == sessions_.end()) return nullptr;
    const auto proof = asBytes(token.substr(2 * kIdBytes));
    if (!constantTimeEqual(proof, found->second->token_proof.reveal())) return nullptr;
    if (hasExpired(*found->second, clock_.wallNow())) return nullptr;
    return found->second;
}

bool SessionTable::holds(const Session& session) const {
    const auto found = sessions_.find(session.token_id);
    return found != sessions_.end() && found->second.get() == &session;
}

bool SessionTable::remove(const Session& session) {
    if (!holds(session)) return false;
    sessions_.erase(session.token_id);
    return true;
}

std::shared_ptr<Session> SessionTable::evictIdlest() {
    std::shared_ptr<Session> idlest;
    for (const auto& [id, session] : sessions_) {
        if (session->in_flight > 0) continue;
        if (!idlest || session->last_used < idlest->last_used) idlest = session;
    }
    if (idlest) sessions_.erase(idlest->token_id);
    return idlest;
}

template <class Predicate>
std::vector<std::shared_ptr<Session>> SessionTable::takeIf(Predicate predicate) {
    std::vector<std::shared_ptr<Session>> taken;
    std::erase_if(sessions_, [&](const auto& entry) {
        if (!predicate(*entry.second)) return false;
        taken.push_back(entry.second);
        return true;
    });
    return taken;
}

std::vector<std::shared_ptr<Session>> SessionTable::takeIdle(std::chrono::milliseconds idle) {
    const auto before = clock_.now() - idle;
    return takeIf([&](const Session& session) {
        return session.in_flight == 0 && session.last_used <= before;
    });
}

std::vector<std::shared_ptr<Session>> SessionTable::takeExpired() {
    return takeIf(
        [now = clock_.wallNow()](const Session& session) { return hasExpired(session, now); });
}

std::vector<std::shared_ptr<Session>> SessionTable::takeOf(const wire::AccessKeyId& key) {
    return takeIf([&](const Session& session) { return session.principal.key == key; });
}

std::vector<std::shared_ptr<Session>> SessionTable::takeAll() {
    return takeIf([](const Session&) { return true; });
}

}  // namespace pcg::proxy
