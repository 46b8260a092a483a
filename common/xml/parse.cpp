// SPDX-License-Identifier: Apache-2.0
#include "common/base/text.h"
#include "common/xml/element.h"
#include "common/xml/errc.h"
#include "common/xml/names.h"

#include <algorithm>
#include <memory>
#include <new>
#include <optional>

#include <expat.h>

namespace pcg::xml {
namespace {

constexpr std::string_view kSchemaInstance = "http://www.w3.org/2001/XMLSchema-instance";

struct FreeParser {
    void operator()(XML_ParserStruct* parser) const noexcept { XML_ParserFree(parser); }
};

std::string_view withoutPrefix(std::string_view qualified) {
    const auto colon = qualified.rfind(':');
    return colon == std::string_view::npos ? qualified : qualified.substr(colon + 1);
}

class Reader {
  public:
    explicit Reader(const Limits& limits)
        : limits_(limits), expat_(XML_ParserCreateNS("UTF-8", kNameSeparator)) {
        if (!expat_) throw std::bad_alloc();
        XML_SetUserData(expat_.get(), this);
        XML_SetElementHandler(
            expat_.get(),
            [](void* self, const XML_Char* name, const XML_Char** attributes) {
                static_cast<Reader*>(self)->start(name, attributes);
            },
            [](void* self, const XML_Char*) { static_cast<Reader*>(self)->end(); });
        XML_SetCharacterDataHandler(expat_.get(), [](void* self, const XML_Char* text, int size) {
            static_cast<Reader*>(self)->text({text, static_cast<std::size_t>(size)});
        });
        XML_SetProcessingInstructionHandler(
            expat_.get(), [](void* self, const XML_Char*, const XML_Char*) {
                static_cast<Reader*>(self)->refuse(kNotXml, "it holds a processing instruction");
            });
        XML_SetStartDoctypeDeclHandler(
            expat_.get(), [](void* self, const XML_Char*, const XML_Char*, const XML_Char*, int) {
                static_cast<Reader*>(self)->refuse(kNotXml, "it holds a document type");
            });
        XML_SetXmlDeclHandler(
            expat_.get(), [](void* self, const XML_Char*, const XML_Char* encoding, int) {
                if (encoding != nullptr && !equalsIgnoreCaseAscii(encoding, "utf-8")) {
                    static_cast<Reader*>(self)->refuse(kNotXml, "its encoding is not UTF-8");
                }
            });
    }

    Result<Element> read(BytesView document) {
        const auto status = XML_Parse(expat_.get(),
                                      reinterpret_cast<const char*>(document.data()),
                                      static_cast<int>(document.size()),
                                      XML_TRUE);
        if (error_) return fail(std::move(*error_));
        if (status != XML_STATUS_OK || !root_) {
            return fail(kNotXml,
                        std::string("it is not well-formed XML: ") +
                            XML_ErrorString(XML_GetErrorCode(expat_.get())));
        }
        return std::move(*root_);
    }

  private:
    void start(const XML_Char* qualified, const XML_Char** attributes) {
        if (error_) return;
        if (++elements_ > limits_.elements) return refuse(kTooLarge, "it has too many elements");
        if (open_.size() >= limits_.depth) return refuse(kTooLarge, "it is nested too deeply");
        Element element;
        element.name = splitName(qualified).local;
        for (auto attribute = attributes; attribute[0] != nullptr; attribute += 2) {
            const Name key = splitName(attribute[0]);
            if (key.space.empty() || key.space == splitName(qualified).space) {
                const auto isSame = [&key](const Attribute& a) { return a.name == key.local; };
                if (std::ranges::any_of(element.attributes, isSame))
                    return refuse(kNotXml, "an element has an attribute twice");
                element.attributes.push_back({std::string(key.local), attribute[1]});
            }
            if (key.space == kSchemaInstance && key.local == "type")
                element.type = withoutPrefix(attribute[1]);
        }
        open_.push_back(std::move(element));
    }

    void text(std::string_view text) {
        if (!error_ && !open_.empty()) open_.back().text += text;
    }

    void end() {
        if (error_) return;
        Element done = std::move(open_.back());
        open_.pop_back();
        if (!done.children.empty() && isBlank(done.text)) done.text.clear();
        if (open_.empty())
            root_ = std::move(done);
        else
            open_.back().children.push_back(std::move(done));
    }

    void refuse(ErrorCode code, const char* why) {
        if (!error_) error_.emplace(code, why);
        XML_StopParser(expat_.get(), XML_FALSE);
    }

    const Limits& limits_;
    std::unique_ptr<XML_ParserStruct, FreeParser> expat_;
    std::optional<Error> error_;
    std::optional<Element> root_;
    std::vector<Element> open_;
    std::size_t elements_ = 0;
};

}  // namespace

Result<Element> parse(BytesView document, const Limits& limits) {
    if (document.size() > limits.bytes || document.size() > INT32_MAX)
        return fail(kTooLarge, "it is larger than " + std::to_string(limits.bytes) + " octets");
    if (looksWide(document.first(std::min(document.size(), kSniffedOctets))))
        return fail(kNotXml, "it is not in UTF-8");
    return Reader(limits).read(document);
}

}  // namespace pcg::xml
