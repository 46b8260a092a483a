// SPDX-License-Identifier: Apache-2.0
#include "appliance/admin/redaction.h"

#include "common/base/text.h"

#include <algorithm>
#include <array>

namespace pcg::appliance {
namespace {

bool isUpper(char c) { return c >= 'A' && c <= 'Z'; }

bool isLower(char c) { return c >= 'a' && c <= 'z'; }

bool isDigit(char c) { return c >= '0' && c <= '9'; }

bool isAlnum(char c) { return isUpper(c) || isLower(c) || isDigit(c); }

// Of what base64, base64url, hex and identifiers are made; no slash and no dot: paths and names
// stay whole, their parts are looked at one by one.
bool isWord(char c) { return isAlnum(c) || c == '_' || c == '-' || c == '+'; }

bool namesSecret(std::string_view name) {
    static constexpr std::array<std::string_view, 16> kParts{"password",
                                                             "passwd",
                                                             "passphrase",
                                                             "secret",
                                                             "token",
                                                             "api_key",
                                                             "apikey",
                                                             "authorization",
                                                             "cookie",
                                                             "credential",
                                                             "private_key",
                                                             "seed",
                                                             "signature",
                                                             "session_id",
                                                             "soap_session",
                                                             "ticket"};
    const auto lower = toLowerAscii(name);
    if (lower == "pin" || lower == "sas" || lower == "jwt" || lower == "pwd") return true;
    return std::ranges::any_of(
        kParts, [&lower](std::string_view part) { return lower.find(part) != std::string::npos; });
}

// NNNN-SSSS-SSSC of a pairing.
bool isPairingCode(std::string_view word) {
    if (word.size() != 14 || word[4] != '-' || word[9] != '-') return false;
    return std::ranges::all_of(word, [](char c) { return isUpper(c) || isDigit(c) || c == '-'; });
}

// A key, a token or a digest in hex; shorter ones are ids and addresses.
bool isLongHex(std::string_view word) {
    const auto isHex = [](char c) { return isDigit(c) || (c >= 'a' && c <= 'f'); };
    const auto isUpperHex = [](char c) { return isDigit(c) || (c >= 'A' && c <= 'F'); };
    return word.size() >= 40 &&
           (std::ranges::all_of(word, isHex) || std::ranges::all_of(word, isUpperHex));
}

// Whether what stands just before a value, on its line, says that it is a digest.
bool saysDigest(std::string_view before) {
    static constexpr std::array<std::string_view, 9> kWords{"sha256",
                                                            "sha-256",
                                                            "sha1",
                                                            "sha-1",
                                                            "digest",
                                                            "fingerprint",
                                                            "thumbprint",
                                                            "roothash",
                                                            "chain"};
    constexpr std::size_t kNear = 32;
    before = before.substr(before.size() - std::min(before.size(), kNear));
    const auto line = before.rfind('\n');
    if (line != std::string_view::npos) before.remove_prefix(line + 1);
    const auto lower = toLowerAscii(before);
    return std::ranges::any_of(
        kWords, [&lower](std::string_view word) { return lower.find(word) != std::string::npos; });
}

// Long, and of more kinds of characters than a name is.
bool looksDrawnByLot(std::string_view word) {
    if (isPairingCode(word)) return true;
    if (word.size() < 20) return false;
    const auto count = [word](auto kind) { return std::ranges::count_if(word, kind); };
    const auto upper = count(isUpper);
    const auto lower = count(isLower);
    const auto digits = count(isDigit);
    if (upper > 2 && lower > 2 && digits > 0) return true;
    // Base32: nkey seeds, and secrets of one-time passwords.
    return word.size() >= 32 && upper > 8 && lower == 0;
}

class Redactor {
  public:
    explicit Redactor(std::string_view text) : rest_(text) {}

    std::string run() {
        while (!rest_.empty()) {
            if (takePrivateKey() || takeUserInfo()) continue;
            if (isWord(rest_.front()))
                takeWord();
            else
                pass(1);
        }
        return std::move(out_);
    }

  private:
    void pass(std::size_t count) {
        out_ += rest_.substr(0, count);
        rest_.remove_prefix(count);
    }

    void drop(std::size_t count) {
        if (!out_.ends_with(kRedacted)) out_ += kRedacted;
        rest_.remove_prefix(std::min(count, rest_.size()));
    }

    // A key to its end mark, or all that follows: it may have been cut off.
    bool takePrivateKey() {
        constexpr std::string_view kBegin = "-----BEGIN ";
        if (!rest_.starts_with(kBegin)) return false;
        const auto line = rest_.substr(0, rest_.find('\n'));
        if (line.find("PRIVATE") == std::string_view::npos &&
            line.find("SEED") == std::string_view::npos &&
            line.find("JWT") == std::string_view::npos) {
            return false;
        }
        const auto end = rest_.find("-----END ");
        drop(end == std::string_view::npos ? rest_.size() : end);
        return true;
    }

    // "://user:password@host"
    bool takeUserInfo() {
        if (!rest_.starts_with("://")) return false;
        const auto end = std::min(rest_.find_first_of("/ \t\r\n\"'<>", 3), rest_.size());
        const auto at = rest_.substr(0, end).rfind('@');
        if (at == std::string_view::npos) return false;
        pass(3);
        drop(at - 3);
        return true;
    }

    void takeWord() {
        const auto size =
            static_cast<std::size_t>(std::ranges::find_if_not(rest_, isWord) - rest_.begin());
        const auto word = rest_.substr(0, size);
        const auto lower = toLowerAscii(word);
        if ((lower == "bearer" || lower == "basic" || lower == "oauth") &&
            rest_.substr(size).starts_with(' ')) {
            pass(size + 1);
            dropValue(Value::Word);
            return;
        }
        if (isLongHex(word)) return saysDigest(out_) ? pass(size) : drop(size);
        if (looksDrawnByLot(word)) {
            drop(size);
            // The other parts of a JWT, the padding of base64.
            while (!rest_.empty() && (rest_.front() == '.' || rest_.front() == '=' ||
                                      rest_.front() == '/' || isWord(rest_.front())))
                rest_.remove_prefix(1);
            return;
        }
        pass(size);
        if (namesSecret(word)) takeNamed();
    }

    // What follows the name of a secret, if a value does.
    void takeNamed() {
        std::size_t at = 0;
        while (at < rest_.size() &&
               (rest_[at] == '"' || rest_[at] == '\'' || rest_[at] == '\\' || rest_[at] == ' '))
            ++at;
        if (at >= rest_.size() || (rest_[at] != ':' && rest_[at] != '=')) return;
        const bool json = at > 0 && rest_[at - 1] == '"';
        ++at;
        while (at < rest_.size() && rest_[at] == ' ') ++at;
        pass(at);
        dropValue(json ? Value::JsonNumber : Value::Line);
    }

    enum class Value { Word, Line, JsonNumber };

    // In its quotes; else as far as it may go: what follows a header's name has blanks in it.
    void dropValue(Value unquoted) {
        std::size_t opening = 0;
        while (opening < rest_.size() && rest_[opening] == '\\') ++opening;
        const char quote = opening < rest_.size() ? rest_[opening] : '\0';
        if (quote == '"' || quote == '\'') {
            pass(opening + 1);
            std::size_t end = 0;
            while (end < rest_.size() && rest_[end] != quote && rest_[end] != '\n')
                end += rest_[end] == '\\' && opening == 0 && end + 1 < rest_.size() ? 2 : 1;
            if (end > 0) drop(end);
            return;
        }
        if (rest_.starts_with("null") || rest_.starts_with("true") || rest_.starts_with("false"))
            return;
        if (quote == '{' || quote == '[') {
            const auto close = rest_.find_first_of(quote == '{' ? "}\n" : "]\n");
            drop(std::min(close, rest_.size()));
            return;
        }
        const auto end = rest_.find_first_of(unquoted == Value::Word   ? " \t\r\n\",'}"
                                             : unquoted == Value::Line ? "\r\n"
                                                                       : " \r\n,}]");
        const auto size = std::min(end, rest_.size());
        if (size > 0) drop(size);
    }

    std::string_view rest_;
    std::string out_;
};

}  // namespace

std::string redacted(std::string_view text) { return Redactor(text).run(); }

}  // namespace pcg::appliance
