// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/soap_envelope.h"

#include "common/base/text.h"
#include "common/xml/names.h"
#include "vcenter-proxy/endpoint/wiping_memory.h"
#include "vcenter-proxy/errc.h"
#include "vcenter-proxy/policy/argument_collector.h"

#include <algorithm>
#include <new>
#include <vector>

#include <expat.h>

namespace pcg::proxy {
namespace {

constexpr std::string_view kSoapNamespace = "http://schemas.xmlsoap.org/soap/envelope/";
constexpr std::string_view kInstanceNamespace = "http://www.w3.org/2001/XMLSchema-instance";
constexpr std::size_t kObjectLimit = 256;

// Expat copies a Login's password into buffers of its own.
constexpr XML_Memory_Handling_Suite kWipingMemory{wipingAllocate, wipingReallocate, wipingFree};

struct FreeParser {
    void operator()(XML_ParserStruct* parser) const noexcept { XML_ParserFree(parser); }
};

bool isKnownNamespace(std::string_view space) {
    return space == kVimNamespace || space == kInternalVimNamespace || space == kPbmNamespace ||
           space == kSmsNamespace || space == kVslmNamespace || space == kVsanNamespace;
}

}  // namespace

class SoapEnvelope::Parser {
  public:
    Parser();
    Result<> feed(BytesView bytes, bool last);

    std::optional<SoapCall> call;
    std::optional<std::string> session_cookie;
    std::optional<Span> cookie_span;
    bool security_header = false;
    std::optional<LoginArguments> login;
    policy::ArgumentCollector collector;
    bool call_ended = false;
    std::function<Result<>(const policy::Arguments&)> judge;

  private:
    // Where in the envelope the parser stands; the numbers are depths.
    enum Level : std::size_t { kEnvelope = 1, kPart = 2, kEntry = 3, kArgument = 4 };

    void start(const XML_Char* name, const XML_Char** attributes);
    void end();
    void text(std::string_view text);
    void mark(std::string_view what);

    void startPart(xml::Name name);
    void startHeaderEntry(xml::Name name, const XML_Char** attributes);
    void startMethod(xml::Name name);
    void startArgument(xml::Name name, const XML_Char** attributes);
    void collect(xml::Name name, const XML_Char** attributes);
    void endObject();
    void endCall();

    void refuse(std::string message) { refuse(errc::kBadEnvelope, std::move(message)); }

    void refuse(ErrorCode code, std::string message);

    // Of what is being parsed, from the beginning of the body.
    std::size_t offset() const {
        return static_cast<std::size_t>(XML_GetCurrentByteIndex(expat_.get()));
    }

    bool inCall() const { return in_body_ && pending_.has_value(); }

    // Inside of an argument after `_this`. A Login's are a user and a password: nobody else's.
    bool inArguments() const { return inCall() && call && !login && depth_ >= kArgument; }

    // What the text that is being read belongs to.
    enum class Capture { None, Object, Cookie, Username, Password, Locale };
    void capture(Capture what);
    void endCapture();

    std::unique_ptr<XML_ParserStruct, FreeParser> expat_;
    std::optional<Error> error_;
    ByteCount fed_ = 0;
    std::size_t sniffed_ = 0;
    std::size_t depth_ = 0;
    bool saw_header_ = false;
    bool in_body_ = false;
    bool in_header_ = false;
    std::optional<SoapCall> pending_;
    Capture capture_ = Capture::None;
    std::string captured_;
    std::size_t cookie_begin_ = 0;
};

SoapEnvelope::Parser::Parser()
    : expat_(XML_ParserCreate_MM("UTF-8", &kWipingMemory, &xml::kNameSeparator)) {
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
    XML_SetCommentHandler(expat_.get(), [](void* data, const XML_Char*) {
        static_cast<Parser*>(data)->mark("a comment");
    });
    XML_SetCdataSectionHandler(
        expat_.get(),
        [](void* data) { static_cast<Parser*>(data)->mark("a CDATA section"); },
        nullptr);
    XML_SetProcessingInstructionHandler(
        expat_.get(), [](void* data, const XML_Char*, const XML_Char*) {
            static_cast<Parser*>(data)->refuse(
                "the request holds a processing instruction; SOAP 1.1 does not allow one");
        });
    XML_SetStartDoctypeDeclHandler(
        expat_.get(), [](void* data, const XML_Char*, const XML_Char*, const XML_Char*, int) {
            static_cast<Parser*>(data)->refuse(
                "the request holds a document type; SOAP 1.1 does not allow one");
        });
    XML_SetXmlDeclHandler(
        expat_.get(), [](void* data, const XML_Char*, const XML_Char* encoding, int) {
            if (encoding != nullptr && !equalsIgnoreCaseAscii(encoding, "utf-8")) {
                static_cast<Parser*>(data)->refuse(
                    "the request declares an encoding other than UTF-8; send it as UTF-8");
            }
        });
}

Result<> SoapEnvelope::Parser::feed(BytesView bytes, bool last) {
    if (error_) return fail(*error_);
    if (xml::looksWide(
            bytes.first(std::min<std::size_t>(bytes.size(), xml::kSniffedOctets - sniffed_)))) {
        error_ = Error{errc::kBadEnvelope, "the request is not in UTF-8"};
        return fail(*error_);
    }
    sniffed_ += std::min<std::size_t>(bytes.size(), xml::kSniffedOctets - sniffed_);
    fed_ += bytes.size();
    const auto status = XML_Parse(expat_.get(),
                                  reinterpret_cast<const char*>(bytes.data()),
                                  static_cast<int>(bytes.size()),
                                  last ? XML_TRUE : XML_FALSE);
    if (!error_ && status != XML_STATUS_OK) {
        error_ = Error{errc::kBadEnvelope,
                       std::string("the request is not well-formed XML (") +
                           XML_ErrorString(XML_GetErrorCode(expat_.get())) + " in line " +
                           std::to_string(XML_GetCurrentLineNumber(expat_.get())) + ")"};
    }
    if (!error_ && !last) {
        const auto at = XML_GetCurrentByteIndex(expat_.get());
        const ByteCount waiting = fed_ - static_cast<ByteCount>(std::max<XML_Index>(at, 0));
        if ((!call && fed_ > kPrefixLimit) || waiting > kPrefixLimit + bytes.size()) {
            error_ = Error{errc::kEnvelopeTooLarge,
                           "the method of the SOAP request is not within its first 64 KiB, or one "
                           "tag is longer than that; shorten the header or the tag"};
        }
    }
    if (error_) return fail(*error_);
    return {};
}

void SoapEnvelope::Parser::refuse(ErrorCode code, std::string message) {
    if (!error_) error_ = Error{code, std::move(message)};
    XML_StopParser(expat_.get(), XML_FALSE);
}

void SoapEnvelope::Parser::start(const XML_Char* qualified, const XML_Char** attributes) {
    if (error_) return;
    const xml::Name name = xml::splitName(qualified);
    ++depth_;
    if (depth_ > kDepthLimit) return refuse("the request nests elements deeper than 128");
    if (capture_ != Capture::None) return refuse("an element stands where only text may be");
    switch (depth_) {
        case kEnvelope:
            if (name.space != kSoapNamespace || name.local != "Envelope") {
                refuse("the request is not a SOAP 1.1 envelope");
            }
            return;
        case kPart:
            return startPart(name);
        case kEntry:
            if (in_header_) return startHeaderEntry(name, attributes);
            return startMethod(name);
        case kArgument:
            if (inCall()) startArgument(name, attributes);
            break;
        default:
            break;
    }
    if (!error_ && inArguments()) collect(name, attributes);
}

void SoapEnvelope::Parser::collect(xml::Name name, const XML_Char** attributes) {
    std::string_view type;
    std::string_view instance_type;
    for (auto attribute = attributes; attribute[0] != nullptr; attribute += 2) {
        const xml::Name key = xml::splitName(attribute[0]);
        if (key.local != "type") continue;
        if (key.space.empty()) type = attribute[1];
        if (key.space == kInstanceNamespace) instance_type = attribute[1];
    }
    if (name.space != pending_->name_space) collector.markForeign();
    collector.start(name.local, type, instance_type);
}

void SoapEnvelope::Parser::startPart(xml::Name name) {
    if (name.space != kSoapNamespace || (name.local != "Header" && name.local != "Body")) {
        return refuse("the envelope holds something that is neither soap:Header nor soap:Body");
    }
    if (pending_ || in_body_) return refuse("the envelope goes on after its soap:Body");
    if (name.local == "Body") {
        in_body_ = true;
        return;
    }
    if (saw_header_) return refuse("the envelope has two soap:Header elements");
    saw_header_ = in_header_ = true;
}

void SoapEnvelope::Parser::startHeaderEntry(xml::Name name, const XML_Char** attributes) {
    const bool is_security = name.local == "Security";
    const bool is_cookie = name.local == "vcSessionCookie";
    for (auto attribute = attributes; attribute[0] != nullptr; attribute += 2) {
        const xml::Name key = xml::splitName(attribute[0]);
        if (key.space != kSoapNamespace || key.local != "mustUnderstand") continue;
        const std::string_view value = trimAscii(attribute[1]);
        if (value != "0" && value != "false" && !is_security && !is_cookie) {
            return refuse("the SOAP header '" + std::string(name.local) +
                          "' must be understood, and is not");
        }
    }
    security_header = security_header || is_security;
    if (!is_cookie) return;
    if (session_cookie) return refuse("the SOAP header has two session cookies");
    capture(Capture::Cookie);
    // An element without content (<a/>) ends where it begins.
    cookie_begin_ = offset() + static_cast<std::size_t>(XML_GetCurrentByteCount(expat_.get()));
}

void SoapEnvelope::Parser::startMethod(xml::Name name) {
    if (pending_) return refuse("soap:Body has more than one child");
    if (!isKnownNamespace(name.space)) {
        return refuse("the call is in a namespace that this endpoint does not have (" +
                      std::string(name.space.substr(0, 64)) + ")");
    }
    if (name.local.size() > kObjectLimit) return refuse("the name of the method is too long");
    pending_ = SoapCall{std::string(name.space), std::string(name.local), {}};
    if (pending_->method == "Login" && pending_->name_space == kVimNamespace) login.emplace();
}

void SoapEnvelope::Parser::startArgument(xml::Name name, const XML_Char** attributes) {
    if (name.local == "_this") {
        if (call || name.space != pending_->name_space) {
            return refuse("'_this' must be the first argument, once, in the call's namespace");
        }
        for (auto attribute = attributes; attribute[0] != nullptr; attribute += 2) {
            if (std::string_view(attribute[0]) == "type") pending_->object.type = attribute[1];
        }
        if (pending_->object.type.size() > kObjectLimit) return refuse("'_this' is too long");
        // Every client says it; rules by type could not be sure of what does not.
        if (pending_->object.type.empty()) return refuse("'_this' does not say its type");
        return capture(Capture::Object);
    }
    if (!call) return refuse("'_this' must be the first argument");
    if (!login || name.space != kVimNamespace) return;
    if (name.local == "userName") capture(Capture::Username);
    if (name.local == "password") capture(Capture::Password);
    if (name.local == "locale") capture(Capture::Locale);
}

void SoapEnvelope::Parser::capture(Capture what) {
    capture_ = what;
    captured_.clear();
    captured_.reserve(kArgumentLimit + 1);  // never grows: no copy is left behind
}

void SoapEnvelope::Parser::end() {
    if (error_) return;
    const bool ending_object = capture_ == Capture::Object;
    if (capture_ != Capture::None) endCapture();
    if (error_) return;
    // The end of `_this` makes the call known; it is no argument of its own.
    if (inArguments() && !ending_object) collector.end();
    if (depth_ == kEntry && in_body_) endCall();
    if (depth_ == kPart) {
        if (in_body_ && !pending_) refuse("soap:Body is empty");
        in_header_ = false;
    }
    --depth_;
}

void SoapEnvelope::Parser::endCall() {
    if (!call) return refuse("the call has no '_this'");
    if (call_ended) return;
    call_ended = true;
    if (!judge) return;
    const auto judged = std::exchange(judge, nullptr)(collector.arguments());
    if (!judged) refuse(judged.error().code(), judged.error().message());
}

void SoapEnvelope::Parser::endObject() {
    const std::string_view id = trimAscii(captured_);
    if (id.empty() || id.size() > kObjectLimit) return refuse("'_this' is empty or too long");
    pending_->object.id = id;
    call = pending_;
}

void SoapEnvelope::Parser::endCapture() {
    const auto what = std::exchange(capture_, Capture::None);
    switch (what) {
        case Capture::None:
            return;
        case Capture::Object:
            endObject();
            break;
        case Capture::Cookie:
            session_cookie = std::string(trimAscii(captured_));
            cookie_span = Span{cookie_begin_, std::max(offset(), cookie_begin_)};
            break;
        case Capture::Username:
            if (!login->username.empty()) return refuse("Login has two user names");
            login->username = captured_;
            break;
        case Capture::Password:
            if (!login->password.empty()) return refuse("Login has two passwords");
            login->password = Secret::fromText(captured_);
            break;
        case Capture::Locale:
            login->locale = captured_;
            break;
    }
    wipe(captured_);
}

void SoapEnvelope::Parser::text(std::string_view text) {
    if (error_) return;
    if (capture_ != Capture::None) {
        if (captured_.size() + text.size() > kArgumentLimit) {
            return refuse("an argument of the call is too long");
        }
        captured_.append(text);
        return;
    }
    if (inArguments()) collector.text(text);
    const bool between = depth_ <= kPart || (depth_ == kEntry && in_body_);
    if (between && !xml::isBlank(text)) refuse("text stands between the elements of the envelope");
}

void SoapEnvelope::Parser::mark(std::string_view what) {
    if (capture_ == Capture::Object || capture_ == Capture::Cookie) {
        refuse(std::string(what) + " stands inside '_this' or a session cookie");
    }
    if (inArguments()) collector.mark();
}

SoapEnvelope::SoapEnvelope() : parser_(std::make_unique<Parser>()) {}

SoapEnvelope::~SoapEnvelope() = default;

Result<> SoapEnvelope::feed(BytesView bytes) {
    // Expat counts in int; and small bites keep its buffer small.
    constexpr std::size_t kBite = 32_KiB;
    for (std::size_t at = 0; at < bytes.size(); at += kBite) {
        PCG_TRY(parser_->feed(bytes.subspan(at, std::min(kBite, bytes.size() - at)), false));
    }
    return {};
}

Result<> SoapEnvelope::finish() { return parser_->feed({}, true); }

const std::optional<SoapCall>& SoapEnvelope::call() const { return parser_->call; }

const std::optional<std::string>& SoapEnvelope::sessionCookie() const {
    return parser_->session_cookie;
}

const std::optional<SoapEnvelope::Span>& SoapEnvelope::sessionCookieSpan() const {
    return parser_->cookie_span;
}

const policy::Arguments& SoapEnvelope::arguments() const { return parser_->collector.arguments(); }

bool SoapEnvelope::callEnded() const { return parser_->call_ended; }

void SoapEnvelope::whenCallEnds(std::function<Result<>(const policy::Arguments&)> judge) {
    parser_->judge = std::move(judge);
}

bool SoapEnvelope::hasSecurityHeader() const { return parser_->security_header; }

std::optional<LoginArguments> SoapEnvelope::takeLogin() {
    return std::exchange(parser_->login, std::nullopt);
}

}  // namespace pcg::proxy
