// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/policy/own_task.h"

#include <algorithm>
#include <array>

namespace pcg::policy {
namespace {

constexpr std::array<std::string_view, 4> kMakers{
    "CloneVM_Task", "CreateVM_Task", "ImportVApp", "InstantClone_Task"};

constexpr std::size_t kLongestId = 128;

bool isId(std::string_view text) {
    return !text.empty() && text.size() <= kLongestId &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_' || c == ':' || c == '.' || c == '[' || c == ']';
           });
}

struct Found {
    std::string_view attributes;
    std::string_view text;  // up to the next tag
};

// The first element of this local name at or behind `at`; answers of a vCenter write them plainly.
std::optional<Found> element(std::string_view answer, std::string_view name, std::size_t at = 0) {
    while (true) {
        at = answer.find("<" + std::string(name), at);
        if (at == std::string_view::npos) return std::nullopt;
        const auto begin = at + 1 + name.size();
        const auto close = answer.find('>', begin);
        if (close == std::string_view::npos) return std::nullopt;
        const char next = answer[begin];
        at = begin;
        if (next != '>' && next != ' ') continue;
        const auto end = answer.find('<', close);
        if (end == std::string_view::npos) return std::nullopt;
        return Found{answer.substr(begin, close - begin),
                     answer.substr(close + 1, end - close - 1)};
    }
}

std::string_view attribute(std::string_view attributes, std::string_view name) {
    const auto key = " " + std::string(name) + "=\"";
    const auto at = attributes.find(key);
    if (at == std::string_view::npos) return {};
    const auto value = attributes.substr(at + key.size());
    return value.substr(0, value.find('"'));
}

std::string machineOf(const std::optional<Found>& found) {
    if (!found || attribute(found->attributes, "type") != "VirtualMachine") return {};
    return isId(found->text) ? std::string(found->text) : std::string();
}

}  // namespace

std::optional<OwnTask> taskIn(std::string_view answer) {
    const auto found = element(answer, "returnval");
    if (!found) return std::nullopt;
    const auto type = attribute(found->attributes, "type");
    if ((type != "Task" && type != "HttpNfcLease") || !isId(found->text)) return std::nullopt;
    return OwnTask{std::string(type), std::string(found->text)};
}

std::string faultIn(std::string_view answer) {
    const auto detail = answer.find("<detail");
    if (detail == std::string_view::npos) return {};
    const auto rest = answer.substr(detail + 1);
    const auto at = rest.find('<');
    const auto close = at == std::string_view::npos ? at : rest.find('>', at);
    if (close == std::string_view::npos) return {};
    auto type = attribute(rest.substr(at, close - at), "xsi:type");
    if (const auto colon = type.rfind(':'); colon != std::string_view::npos)
        type.remove_prefix(colon + 1);
    return isId(type) ? std::string(type) : std::string();
}

bool makesMachine(std::string_view method) {
    return std::find(kMakers.begin(), kMakers.end(), method) != kMakers.end();
}

std::string propertyRequest(const OwnTask& task) {
    const std::string paths = task.type == "Task"
                                  ? "<pathSet>info.state</pathSet><pathSet>info.result</pathSet>"
                                  : "<pathSet>state</pathSet><pathSet>info.entity</pathSet>";
    // Ids were checked to need no escapes.
    return R"(<?xml version="1.0" encoding="UTF-8"?>)"
           "\n"
           R"(<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>)"
           R"(<RetrieveProperties xmlns="urn:vim25"><_this type="PropertyCollector">propertyCollector</_this>)"
           "<specSet><propSet><type>" +
           task.type + "</type>" + paths + "</propSet><objectSet><obj type=\"" + task.type + "\">" +
           task.id +
           "</obj></objectSet></specSet></RetrieveProperties></soapenv:Body></soapenv:Envelope>";
}

std::optional<TaskLook> lookIn(const OwnTask& task, std::string_view answer) {
    TaskLook look;
    const bool is_task = task.type == "Task";
    std::size_t at = 0;
    bool seen = false;
    while (true) {
        const auto prop = answer.find("<propSet>", at);
        if (prop == std::string_view::npos) break;
        const auto end = answer.find("</propSet>", prop);
        if (end == std::string_view::npos) return std::nullopt;
        const auto one = answer.substr(prop, end - prop);
        at = end;
        const auto name = element(one, "name");
        const auto value = element(one, "val");
        if (!name || !value) continue;
        if (name->text == "info.state" || name->text == "state") {
            seen = true;
            look.over = is_task ? value->text == "success" || value->text == "error"
                                : value->text != "initializing";
        }
        if (name->text == "info.result" || name->text == "info.entity") {
            look.machine = machineOf(value);
        }
    }
    if (!seen) return std::nullopt;
    return look;
}

}  // namespace pcg::policy
