// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/login_throttle.h"

#include <algorithm>

namespace pcg::proxy {

std::chrono::milliseconds LoginThrottle::waitFor(std::string_view name) const {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return {};
    const auto left = found->second->until - clock_.now();
    return std::max(std::chrono::ceil<std::chrono::milliseconds>(left),
                    std::chrono::milliseconds(0));
}

unsigned LoginThrottle::failures(std::string_view name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? 0 : found->second->failures;
}

void LoginThrottle::failed(std::string_view name) {
    auto found = by_name_.find(name);
    if (found == by_name_.end()) {
        if (by_age_.size() >= kMostNames) {
            by_name_.erase(by_age_.back().name);
            by_age_.pop_back();
        }
        by_age_.push_front({std::string(name), 0, {}});
        found = by_name_.emplace(by_age_.front().name, by_age_.begin()).first;
    }
    by_age_.splice(by_age_.begin(), by_age_, found->second);
    Entry& entry = *found->second;
    entry.failures = std::min(entry.failures + 1, limits_.free_failures + 20);
    if (entry.failures < limits_.free_failures) return;
    const auto wait = limits_.first_wait * (1U << (entry.failures - limits_.free_failures));
    entry.until = clock_.now() + std::min<std::chrono::milliseconds>(wait, limits_.longest_wait);
}

void LoginThrottle::succeeded(std::string_view name) {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return;
    const auto entry = found->second;
    by_name_.erase(found);
    by_age_.erase(entry);
}

}  // namespace pcg::proxy
