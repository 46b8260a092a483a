// SPDX-License-Identifier: Apache-2.0
#include "appliance/importer/schema.h"

#include "common/base/freer.h"
#include "common/base/text.h"

#include <cstring>
#include <memory>
#include <string>

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlschemas.h>

#include "appliance/importer/errc.h"
#include "appliance/importer/schema_text.h"

namespace pcg::appliance {
namespace {

using DocPtr = std::unique_ptr<xmlDoc, Freer<xmlFreeDoc>>;
using SchemaPtr = std::unique_ptr<xmlSchema, Freer<xmlSchemaFree>>;
using SchemaParserPtr = std::unique_ptr<xmlSchemaParserCtxt, Freer<xmlSchemaFreeParserCtxt>>;
using ValidatorPtr = std::unique_ptr<xmlSchemaValidCtxt, Freer<xmlSchemaFreeValidCtxt>>;

// What the schema imports, by the last part of its address; nothing else is ever loaded.
xmlParserInputPtr loadHeld(const char* url, const char* /*id*/, xmlParserCtxtPtr context) {
    const std::string_view address = url == nullptr ? "" : url;
    const auto name = address.substr(address.rfind('/') + 1);
    for (const auto& file : kSchemaFiles) {
        if (file.name != name) continue;
        auto* input = xmlNewStringInputStream(context, file.text);
        if (input != nullptr) input->filename = ::strdup(url);  // freed by libxml2
        return input;
    }
    return nullptr;
}

struct Findings {
    std::string text;
    int count = 0;
};

#if LIBXML_VERSION >= 21200
using ErrorPointer = const xmlError*;
#else
using ErrorPointer = xmlErrorPtr;
#endif

void note(void* user, ErrorPointer error) {
    constexpr int kMost = 3;
    auto& findings = *static_cast<Findings*>(user);
    if (++findings.count > kMost || error == nullptr || error->message == nullptr) return;
    std::string line;
    for (const char c : trimAscii(error->message)) line += c >= 0x20 && c < 0x7f ? c : '?';
    findings.text += (findings.text.empty() ? "line " : "; line ") + std::to_string(error->line) +
                     ": " + line.substr(0, 400);
}

void ignore(void* /*user*/, ErrorPointer /*error*/) {}

Result<SchemaPtr> readSchema() {
    xmlSetExternalEntityLoader(loadHeld);
    const SchemaParserPtr parser(
        xmlSchemaNewMemParserCtxt(reinterpret_cast<const char*>(kSchemaFiles[0].text),
                                  static_cast<int>(kSchemaFiles[0].size)));
    if (!parser) return fail(errc::kTool, "There is no memory for the schema.");
    Findings findings;
    xmlSchemaSetParserStructuredErrors(parser.get(), note, &findings);
    SchemaPtr schema(xmlSchemaParse(parser.get()));
    if (!schema) return fail(errc::kTool, "The schema cannot be read: " + findings.text + ".");
    return schema;
}

}  // namespace

Result<> checkSchema(BytesView document) {
    const auto schema = PCG_TRY(readSchema());
    xmlSetStructuredErrorFunc(nullptr, ignore);
    const DocPtr parsed(xmlReadMemory(asText(document).data(),
                                      static_cast<int>(document.size()),
                                      "descriptor.ovf",
                                      "UTF-8",
                                      XML_PARSE_NONET));
    if (!parsed) return fail(errc::kSchema, "The descriptor is no XML.");
    const ValidatorPtr validator(xmlSchemaNewValidCtxt(schema.get()));
    if (!validator) return fail(errc::kTool, "There is no memory for the schema.");
    Findings findings;
    xmlSchemaSetValidStructuredErrors(validator.get(), note, &findings);
    if (xmlSchemaValidateDoc(validator.get(), parsed.get()) == 0) return {};
    return fail(errc::kSchema, "The descriptor does not fit DMTF's schema: " + findings.text + ".");
}

}  // namespace pcg::appliance
