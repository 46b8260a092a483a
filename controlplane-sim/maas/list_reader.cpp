// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/maas/list_reader.h"

#include "common/base/text.h"
#include "controlplane-sim/maas/errc.h"

namespace pcg::controlplane::maas {
namespace {

bool isBlank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

tl::unexpected<Error> noList() {
    return fail(kBadAnswer, "the endpoint's answer is no list of objects");
}

}  // namespace

Result<> ListReader::complete(bool last, const Take& take) {
    const bool empty = last && items_ == 0 && trimAscii(item_).empty();
    if (empty) return {};
    if (++items_ > mostItems_)
        return fail(kTooMuch,
                    "the endpoint's list has more than " + std::to_string(mostItems_) + " entries");
    const auto object = codec::json::parseObject(trimAscii(item_), largestItem_);
    item_.clear();
    if (!object) return noList();
    return take(*object);
}

Result<> ListReader::inside(char c, const Take& take) {
    if (depth_ == 0 && !quoted_ && (c == ',' || c == ']')) {
        PCG_TRY(complete(c == ']', take));
        if (c == ']') place_ = Place::After;
        return {};
    }
    if (item_.size() == largestItem_)
        return fail(kBadAnswer, "an entry of the endpoint's list is too large");
    item_ += c;
    if (quoted_) {
        quoted_ = escaped_ || c != '"';
        escaped_ = !escaped_ && c == '\\';
    } else if (c == '"') {
        quoted_ = true;
    } else if (c == '{' || c == '[') {
        ++depth_;
    } else if (c == '}' || c == ']') {
        --depth_;
    }
    return {};
}

Result<> ListReader::next(char c, const Take& take) {
    if (place_ == Place::Inside) return inside(c, take);
    if (isBlank(c)) return {};
    if (place_ == Place::After || c != '[') return noList();
    place_ = Place::Inside;
    return {};
}

Result<> ListReader::feed(std::string_view piece, const Take& take) {
    for (const char c : piece) PCG_TRY(next(c, take));
    return {};
}

Result<> ListReader::end() const {
    if (place_ == Place::After) return {};
    return fail(kBadAnswer, "the endpoint's list breaks off");
}

}  // namespace pcg::controlplane::maas
