// SPDX-License-Identifier: Apache-2.0
#include "common/xml/element.h"

#include "common/xml/errc.h"

#include <gtest/gtest.h>

namespace pcg::xml {
namespace {

Element parsed(std::string_view text) {
    auto element = parse(asBytes(text));
    EXPECT_TRUE(element.has_value()) << (element ? "" : element.error().message());
    return element ? std::move(*element) : Element{};
}

TEST(XmlElement, ReadsNamesTypesAttributesAndText) {
    const auto root = parsed(R"(<?xml version="1.0" encoding="UTF-8"?>
        <soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"
                       xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
          <soap:Body><r xmlns="urn:vim25"><val xsi:type="ManagedObjectReference"
             type="Folder">group-d1</val><t>a &lt;b&gt; &#xe4;</t></r></soap:Body>
        </soap:Envelope>)");

    EXPECT_EQ(root.name, "Envelope");
    const auto* value = root.at("Body/r/val");
    ASSERT_NE(value, nullptr);
    EXPECT_EQ(value->type, "ManagedObjectReference");
    EXPECT_EQ(value->attribute("type"), "Folder");
    EXPECT_EQ(value->text, "group-d1");
    EXPECT_EQ(root.textAt("Body/r/t"), "a <b> \xC3\xA4");
    EXPECT_EQ(root.text, "");
    EXPECT_EQ(root.at("Body/nothing"), nullptr);
}

TEST(XmlElement, WhatIsWrittenIsReadBackAsItWas) {
    Element element{"spec", "VirtualDisk", {{"a", "\"<>&\n\t"}}, "line\r\nline & <b>", {}};
    element.children.push_back({"child", "", {}, "", {}});

    const auto text =
        R"(<x xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">)" + write(element) + "</x>";

    EXPECT_EQ(parsed(text).children.at(0), element);
}

TEST(XmlElement, ControlsThatXmlCannotHoldBecomeTheReplacementCharacter) {
    EXPECT_EQ(escaped(std::string_view("a\0b\x1b", 4)),
              "a\xEF\xBF\xBD"
              "b\xEF\xBF\xBD");
}

TEST(XmlElement, KeepsAttributesOfTheElementsOwnNamespaceAndRefusesTwoOfOneName) {
    const auto root =
        parsed(R"(<e:p xmlns:e="urn:e" xmlns:o="urn:o" e:key="a" o:key="b" plain="c"/>)");

    EXPECT_EQ(root.attribute("key"), "a");
    EXPECT_EQ(root.attribute("plain"), "c");
    EXPECT_EQ(root.attributes.size(), 2U);
    EXPECT_FALSE(parse(asBytes(R"(<e:p xmlns:e="urn:e" e:key="a" key="b"/>)")).has_value());
}

TEST(XmlElement, RefusesWhatTwoReadersCouldReadDifferently) {
    for (const std::string_view text : {R"(<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>)",
                                        "<a><?php x?></a>",
                                        R"(<?xml version="1.0" encoding="UTF-16"?><a/>)",
                                        "<a>",
                                        "<a></b>",
                                        "<a/><b/>",
                                        "text",
                                        "",
                                        "<a>&unknown;</a>",
                                        "<a>\xff</a>"}) {
        const auto element = parse(asBytes(text));

        ASSERT_FALSE(element.has_value()) << text;
        EXPECT_TRUE(element.error().is(kNotXml)) << text;
    }
}

TEST(XmlElement, KeepsItsLimits) {
    const std::string deep = "<a><a><a><a/></a></a></a>";

    EXPECT_TRUE(parse(asBytes(deep), {1_KiB, 4, 4}).has_value());
    for (const Limits limits : {Limits{10, 9, 9}, Limits{1_KiB, 3, 9}, Limits{1_KiB, 9, 3}}) {
        const auto element = parse(asBytes(deep), limits);

        ASSERT_FALSE(element.has_value());
        EXPECT_TRUE(element.error().is(kTooLarge));
    }
}

}  // namespace
}  // namespace pcg::xml
