// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/lease_filter.h"

#include "common/base/text.h"
#include "common/xml/names.h"
#include "vcenter-proxy/endpoint/soap_text.h"
#include "vcenter-proxy/errc.h"

#include <algorithm>
#include <array>
#include <new>
#include <vector>

#include <expat.h>

namespace pcg::proxy {
namespace {

constexpr std::size_t kTextLimit = 4096;
constexpr std::string_view kLeaseType = "HttpNfcLease";
constexpr std::string_view kDeviceType = "HttpNfcLeaseDeviceUrl";

struct FreeParser {
    void operator()(XML_ParserStruct* parser) const noexcept { XML_ParserFree(parser); }
};

// `type` is two attributes: the one of a reference (in no namespace), and the schema's.
enum class TypeOf { Reference, Schema };

std::string_view typeOf(const XML_Char** attributes, TypeOf which) {
    for (auto at = attributes; at[0] != nullptr; at += 2) {
        const auto name = xml::splitName(at[0]);
        if (name.local == "type" && name.space.empty() == (which == TypeOf::Reference))
            return at[1];
    }
    return {};
}

bool endsWithType(std::string_view value, std::string_view type) {
    return value == type || value.ends_with(":" + std::string(type));
}

}  // namespace

class LeaseFilter::Parser {
  public:
    explicit Parser(Rewrite rewrite);

    Result<> feed(BytesView bytes, bool last, Bytes& out);

  private:
    // Octets from `begin` to `end` of the answer become `text`.
    struct Edit {
        std::size_t begin = 0;
        std::size_t end = 0;
        std::string text;
    };

    enum class Capture { None, Object, Url, Thumbprint };

    void start(const XML_Char* name, const XML_Char** attributes);
    void end();
    void text(std::string_view text);

    void seen() { parsed_ = offset() + static_cast<std::size_t>(count()); }

    std::size_t offset() const {
        return static_cast<std::size_t>(XML_GetCurrentByteIndex(expat_.get()));
    }

    int count() const { return XML_GetCurrentByteCount(expat_.get()); }

    bool isObject(std::string_view local) const;
    void startInDevice(std::string_view local);
    void endDevice();
    void emit(Bytes& out, std::size_t until);
    void stop(std::string why);

    std::unique_ptr<XML_ParserStruct, FreeParser> expat_;
    Rewrite rewrite_;
    std::optional<Error> error_;
    Bytes pending_;           // what came and was not passed
    std::size_t passed_ = 0;  // octets of the answer that are not in pending_ any more
    std::size_t parsed_ = 0;  // octets of the answer that the parser is done with
    std::size_t depth_ = 0;
    std::string parent_;  // of the element that starts; only down to where objects stand
    std::vector<std::string> path_;
    std::string lease_;  // whose properties are being read
    std::size_t lease_depth_ = 0;
    std::size_t device_depth_ = 0;  // 0: not in a device
    std::size_t element_begin_ = 0;
    LeaseDevice device_;
    std::optional<Edit> url_edit_;
    std::optional<Edit> thumbprint_edit_;
    std::vector<Edit> edits_;
    Capture capture_ = Capture::None;
    std::string captured_;
};

LeaseFilter::Parser::Parser(Rewrite rewrite)
    : expat_(XML_ParserCreateNS("UTF-8", xml::kNameSeparator)), rewrite_(std::move(rewrite)) {
    if (!expat_) throw std::bad_alloc();
    XML_SetUserData(expat_.get(), this);
    XML_SetElementHandler(
        expat_.get(),
        [](void* data, const XML_Char* name, const XML_Char** attributes) {
            static_cast<Parser*>(data)->start(name, attributes);
        },
        [](void* data, const XML_Char*) { static_cast<Parser*>(data)->end(); });
    XML_SetCharacterDataHandler(expat_.get(), [](void* data, const XML_Char* text, int size) {
        static_cast<Parser*>(data)->text({text, static_cast<std::size_t>(size)});
    });
    // Everything else is only counted; but no vCenter sends a document type.
    XML_SetDefaultHandler(
        expat_.get(), [](void* data, const XML_Char*, int) { static_cast<Parser*>(data)->seen(); });
    XML_SetStartDoctypeDeclHandler(
        expat_.get(), [](void* data, const XML_Char*, const XML_Char*, const XML_Char*, int) {
            static_cast<Parser*>(data)->stop("it has a document type");
        });
}

void LeaseFilter::Parser::stop(std::string why) {
    if (!error_) error_ = Error{errc::kBadLease, "the answer is not understood: " + why};
    XML_StopParser(expat_.get(), XML_FALSE);
}

Result<> LeaseFilter::Parser::feed(BytesView bytes, bool last, Bytes& out) {
    if (error_) return fail(*error_);
    append(pending_, bytes);
    const auto status = XML_Parse(expat_.get(),
                                  reinterpret_cast<const char*>(bytes.data()),
                                  static_cast<int>(bytes.size()),
                                  last ? XML_TRUE : XML_FALSE);
    if (!error_ && status != XML_STATUS_OK) {
        error_ = Error{errc::kBadLease,
                       std::string("the answer is not well-formed XML: ") +
                           XML_ErrorString(XML_GetErrorCode(expat_.get()))};
    }
    if (error_) return fail(*error_);
    if (last) {
        emit(out, passed_ + pending_.size());
    } else if (device_depth_ == 0) {
        emit(out, parsed_);
    }
    // One tag or one device that is longer than this is none of a lease's.
    if (pending_.size() > kHoldLimit + bytes.size()) {
        error_ = Error{errc::kBadLease, "the answer has a tag or a device of a lease over 64 KiB"};
        return fail(*error_);
    }
    return {};
}

void LeaseFilter::Parser::emit(Bytes& out, std::size_t until) {
    std::size_t at = passed_;
    const auto copy = [&](std::size_t end) {
        append(out, BytesView(pending_).subspan(at - passed_, end - at));
        at = end;
    };
    for (const auto& edit : edits_) {
        copy(edit.begin);
        append(out, asBytes(edit.text));
        at = edit.end;
    }
    edits_.clear();
    copy(std::max(until, at));
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(at - passed_));
    passed_ = at;
}

// Where the answers of the property collector name the object whose properties follow:
// returnval/obj, objects/obj (Ex), objectSet/obj (updates). What is inside of a property lies
// deeper than each of these, so no stored text is taken for one.
bool LeaseFilter::Parser::isObject(std::string_view local) const {
    if (local != "obj") return false;

    struct Place {
        std::size_t depth;
        std::string_view parent;
    };

    constexpr std::array<Place, 3> kPlaces{{{5, "returnval"}, {6, "objects"}, {7, "objectSet"}}};
    return std::any_of(kPlaces.begin(), kPlaces.end(), [&](const Place& place) {
        return depth_ == place.depth && parent_ == place.parent;
    });
}

void LeaseFilter::Parser::start(const XML_Char* qualified, const XML_Char** attributes) {
    seen();
    const auto local = xml::splitName(qualified).local;
    parent_ = path_.empty() ? std::string() : path_.back();
    ++depth_;
    if (depth_ > kDepthLimit) return stop("it nests too deep");
    // Names are needed down to where objects stand; deeper they are only counted.
    path_.push_back(depth_ <= 8 ? std::string(local.substr(0, 64)) : std::string());
    if (capture_ != Capture::None) {
        // Not a text after all: whatever it is, it is not changed.
        capture_ = Capture::None;
    }
    if (isObject(local)) {
        lease_.clear();
        lease_depth_ = 0;
        if (typeOf(attributes, TypeOf::Reference) != kLeaseType) return;
        capture_ = Capture::Object;
        captured_.clear();
        return;
    }
    if (device_depth_ > 0) {
        if (depth_ == device_depth_ + 1) startInDevice(local);
        return;
    }
    const bool is_device = local == "deviceUrl" || local == kDeviceType ||
                           endsWithType(typeOf(attributes, TypeOf::Schema), kDeviceType);
    if (lease_.empty() || !is_device) return;
    device_depth_ = depth_;
    device_ = LeaseDevice{lease_, {}, {}};
    url_edit_.reset();
    thumbprint_edit_.reset();
}

void LeaseFilter::Parser::startInDevice(std::string_view local) {
    if (local != "url" && local != "sslThumbprint") return;
    const bool is_url = local == "url";
    // A second one would be read differently by different clients.
    if (is_url ? url_edit_.has_value() : thumbprint_edit_.has_value()) {
        return stop("a device of the lease has two URLs");
    }
    capture_ = is_url ? Capture::Url : Capture::Thumbprint;
    captured_.clear();
    element_begin_ = is_url ? offset() + static_cast<std::size_t>(count()) : offset();
}

void LeaseFilter::Parser::text(std::string_view text) {
    seen();
    if (capture_ == Capture::None) return;
    if (captured_.size() + text.size() > kTextLimit) return stop("a URL of the lease is too long");
    captured_.append(text);
}

void LeaseFilter::Parser::end() {
    seen();
    const auto what = std::exchange(capture_, Capture::None);
    if (what == Capture::Object) {
        lease_ = std::string(trimAscii(captured_));
        lease_depth_ = depth_ - 1;
    } else if (what == Capture::Url) {
        device_.url = captured_;
        url_edit_ = Edit{element_begin_, std::max(offset(), element_begin_), {}};
    } else if (what == Capture::Thumbprint) {
        device_.thumbprint = captured_;
        thumbprint_edit_ = Edit{element_begin_, parsed_, {}};
    }
    if (device_depth_ == depth_) endDevice();
    if (lease_depth_ == depth_ && depth_ > 0) lease_.clear();
    path_.pop_back();
    --depth_;
}

void LeaseFilter::Parser::endDevice() {
    device_depth_ = 0;
    if (!url_edit_ || url_edit_->end <= url_edit_->begin) return;
    const auto url = rewrite_(device_);
    if (!url) return;
    url_edit_->text = escapeXml(*url);
    const auto first = edits_.size();
    edits_.push_back(std::move(*url_edit_));
    if (thumbprint_edit_) edits_.push_back(std::move(*thumbprint_edit_));
    std::sort(edits_.begin() + static_cast<std::ptrdiff_t>(first),
              edits_.end(),
              [](const Edit& a, const Edit& b) { return a.begin < b.begin; });
}

LeaseFilter::LeaseFilter(Rewrite rewrite) : parser_(std::make_unique<Parser>(std::move(rewrite))) {}

LeaseFilter::~LeaseFilter() = default;

Result<> LeaseFilter::feed(BytesView bytes, Bytes& out) {
    constexpr std::size_t kBite = 16 * 1024;
    for (std::size_t at = 0; at < bytes.size(); at += kBite) {
        PCG_TRY(parser_->feed(bytes.subspan(at, std::min(kBite, bytes.size() - at)), false, out));
    }
    return {};
}

Result<> LeaseFilter::finish(Bytes& out) { return parser_->feed({}, true, out); }

std::optional<std::string> leaseInAnswer(BytesView body) {
    struct Found {
        std::optional<std::string> lease;
        bool inside = false;
        std::size_t depth = 0;
    } found;

    const std::unique_ptr<XML_ParserStruct, FreeParser> expat(
        XML_ParserCreateNS("UTF-8", xml::kNameSeparator));
    if (!expat) throw std::bad_alloc();
    XML_SetUserData(expat.get(), &found);
    XML_SetElementHandler(
        expat.get(),
        [](void* data, const XML_Char* name, const XML_Char** attributes) {
            auto& state = *static_cast<Found*>(data);
            constexpr std::size_t kResult = 4;  // Envelope/Body/...Response/returnval
            state.inside = ++state.depth == kResult && xml::splitName(name).local == "returnval" &&
                           !state.lease && typeOf(attributes, TypeOf::Reference) == kLeaseType;
            if (state.inside) state.lease.emplace();
        },
        [](void* data, const XML_Char*) {
            auto& state = *static_cast<Found*>(data);
            --state.depth;
            state.inside = false;
        });
    XML_SetCharacterDataHandler(expat.get(), [](void* data, const XML_Char* text, int size) {
        auto& state = *static_cast<Found*>(data);
        if (state.inside && state.lease->size() < kTextLimit) {
            state.lease->append(text, static_cast<std::size_t>(size));
        }
    });
    const auto status = XML_Parse(expat.get(),
                                  reinterpret_cast<const char*>(body.data()),
                                  static_cast<int>(body.size()),
                                  XML_TRUE);
    if (status != XML_STATUS_OK || !found.lease || found.lease->empty()) return std::nullopt;
    return found.lease;
}

}  // namespace pcg::proxy
