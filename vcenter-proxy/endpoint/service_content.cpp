// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/service_content.h"

#include "vcenter-proxy/errc.h"

#include <Poco/Exception.h>
#include <Poco/MemoryStream.h>
#include <Poco/XML/XMLStreamParser.h>

#include <map>

namespace pcg::proxy {
namespace {

constexpr std::size_t kFieldLimit = 256;

using Fields = std::map<std::string, std::string, std::less<>>;

// The text of every element directly below the first <about>.
Fields readAbout(std::istream& stream) {
    using Parser = Poco::XML::XMLStreamParser;
    Parser parser(stream, "answer", Parser::RECEIVE_ELEMENTS | Parser::RECEIVE_CHARACTERS);
    Fields fields;
    std::size_t depth = 0;  // below <about>; 0 = outside
    std::string name;
    for (auto event = parser.next(); event != Parser::EV_EOF; event = parser.next()) {
        if (event == Parser::EV_START_ELEMENT) {
            if (depth > 0 || parser.localName() == "about") ++depth;
            if (depth == 2) name = parser.localName();
        } else if (event == Parser::EV_END_ELEMENT && depth > 0) {
            if (--depth == 0) return fields;
        } else if (event == Parser::EV_CHARACTERS && depth == 2) {
            auto& field = fields[name];
            field.append(
                parser.value().substr(0, kFieldLimit - std::min(kFieldLimit, field.size())));
        }
    }
    return fields;
}

}  // namespace

Result<AboutInfo> parseServiceContent(BytesView response_body) {
    Fields fields;
    try {
        const auto text = asText(response_body);
        Poco::MemoryInputStream stream(text.data(), static_cast<std::streamsize>(text.size()));
        fields = readAbout(stream);
    } catch (const Poco::Exception& error) {
        return fail(errc::kNotAVcenter,
                    "the answer is not the XML a vCenter sends: " + error.displayText());
    } catch (const std::exception& error) {
        return fail(errc::kNotAVcenter,
                    std::string("the answer is not the XML a vCenter sends: ") + error.what());
    }
    if (fields["apiType"].empty()) {
        return fail(errc::kNotAVcenter,
                    "the endpoint answers, but not as a vCenter; check its URL");
    }
    return AboutInfo{fields["fullName"],
                     fields["version"],
                     fields["build"],
                     fields["apiType"],
                     fields["apiVersion"],
                     fields["instanceUuid"]};
}

}  // namespace pcg::proxy
