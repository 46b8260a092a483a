// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/audit/audit_terms.h"

#include <algorithm>

namespace pcg::controlplane {
namespace {

constexpr std::string_view kActor = "audit.actor";
constexpr std::string_view kAction = "audit.action";
constexpr std::string_view kTarget = "audit.target";
constexpr std::string_view kOutcome = "audit.outcome";
constexpr std::string_view kWord = "audit.word";

constexpr std::size_t kWordsOfARow = 32;
constexpr std::size_t kMaxWord = 48;
constexpr std::size_t kWordsOfAFilter = 4;

bool isWordOctet(unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

void addWords(std::vector<std::string>& words, std::string_view text, std::size_t limit) {
    std::string word;
    const auto finish = [&] {
        const bool isNew = std::find(words.begin(), words.end(), word) == words.end();
        if (!word.empty() && isNew && words.size() < limit) words.push_back(word);
        word.clear();
    };
    for (const char c : text) {
        if (!isWordOctet(static_cast<unsigned char>(c)))
            finish();
        else if (word.size() < kMaxWord)
            word.push_back(lower(c));
    }
    finish();
}

std::vector<std::string> wordsOf(const AuditEvent& event) {
    std::vector<std::string> words;
    for (const auto* text : {&event.actor.name,
                             &event.action,
                             &event.target.name,
                             &event.target.id,
                             &event.target.kind,
                             &event.detail}) {
        addWords(words, *text, kWordsOfARow);
    }
    return words;
}

}  // namespace

std::vector<std::string> wordsOf(std::string_view text, std::size_t limit) {
    std::vector<std::string> words;
    addWords(words, text, limit);
    return words;
}

std::vector<AuditTerm> termsOf(const AuditEvent& event) {
    std::vector<AuditTerm> terms{{kActor, event.actor.name},
                                 {kAction, event.action},
                                 {kOutcome, std::string(nameOf(event.outcome))}};
    if (!event.target.id.empty()) terms.push_back({kTarget, event.target.id});
    if (!event.target.name.empty() && event.target.name != event.target.id)
        terms.push_back({kTarget, event.target.name});
    for (auto& word : wordsOf(event)) terms.push_back({kWord, std::move(word)});
    return terms;
}

std::vector<AuditTerm> termsOf(const AuditFilter& filter) {
    std::vector<AuditTerm> terms;
    for (std::size_t i = 0; i < std::min(filter.words.size(), kWordsOfAFilter); ++i)
        terms.push_back({kWord, filter.words[i]});
    if (!filter.target.empty()) terms.push_back({kTarget, filter.target});
    if (!filter.actor.empty()) terms.push_back({kActor, filter.actor});
    if (!filter.action.empty()) terms.push_back({kAction, filter.action});
    if (filter.outcome) terms.push_back({kOutcome, std::string(nameOf(*filter.outcome))});
    return terms;
}

bool matches(const AuditFilter& filter, const AuditEvent& event) {
    if (filter.from && event.at < *filter.from) return false;
    if (filter.to && event.at >= *filter.to) return false;
    if (!filter.actor.empty() && filter.actor != event.actor.name) return false;
    if (!filter.action.empty() && filter.action != event.action) return false;
    if (filter.outcome && *filter.outcome != event.outcome) return false;
    if (!filter.target.empty() && filter.target != event.target.id &&
        filter.target != event.target.name) {
        return false;
    }
    if (filter.words.empty()) return true;
    const auto words = wordsOf(event);
    return std::all_of(filter.words.begin(), filter.words.end(), [&words](const auto& wanted) {
        return std::find(words.begin(), words.end(), wanted) != words.end();
    });
}

}  // namespace pcg::controlplane
