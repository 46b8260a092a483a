// SPDX-License-Identifier: Apache-2.0
// How pcgctl's answers read. A member that is missing reads as empty: an older gateway still shows
// the rest.
#include "common/base/clock.h"
#include "gateway/console/pairing_status.h"
#include "gateway/console/screen.h"
#include "gateway/ctl/commands.h"
#include "gateway/ctl/policy_commands.h"

#include <algorithm>

namespace pcg::gateway::ctl {
namespace {

namespace json = codec::json;

std::string text(const json::Object& from, std::string_view name) {
    const auto* value = from.find(name);
    const auto* held = value == nullptr ? nullptr : value->asString();
    return held == nullptr ? std::string() : sanitizeForConsole(*held);
}

std::int64_t number(const json::Object& from, std::string_view name) {
    const auto* value = from.find(name);
    const auto* held = value == nullptr ? nullptr : value->asInteger();
    return held == nullptr ? 0 : *held;
}

std::vector<const json::Object*> items(const json::Object& from, std::string_view name) {
    std::vector<const json::Object*> objects;
    const auto* value = from.find(name);
    const auto* array = value == nullptr ? nullptr : value->asArray();
    if (array == nullptr) return objects;
    for (const auto& item : *array) {
        if (const auto* object = item.asObject()) objects.push_back(object);
    }
    return objects;
}

// "a, b": the texts of an array.
std::string texts(const json::Object& from, std::string_view name) {
    const auto* value = from.find(name);
    const auto* array = value == nullptr ? nullptr : value->asArray();
    std::string joined;
    for (const auto& item : array == nullptr ? json::Array() : *array) {
        if (const auto* held = item.asString())
            joined += (joined.empty() ? "" : ", ") + sanitizeForConsole(*held);
    }
    return joined;
}

using Line = std::vector<std::string>;

// Columns as wide as their widest cell.
std::string table(const std::vector<Line>& lines) {
    std::vector<std::size_t> widths;
    for (const auto& line : lines) {
        widths.resize(std::max(widths.size(), line.size()));
        for (std::size_t i = 0; i < line.size(); ++i)
            widths[i] = std::max(widths[i], line[i].size());
    }
    std::string out;
    for (const auto& line : lines) {
        std::string row;
        for (std::size_t i = 0; i < line.size(); ++i) {
            row += line[i] + std::string(widths[i] - line[i].size() + 2, ' ');
        }
        row.erase(row.find_last_not_of(' ') + 1);
        out += row + "\n";
    }
    return out;
}

std::string pairing(const json::Object& answer) {
    const auto state = text(answer, "state");
    const auto left = countdown(std::chrono::seconds(number(answer, "expires_in_ms") / 1000));
    std::string out = "Pairing:   " + state + "\n";
    if (state == "offered")
        out += "Code:      " + text(answer, "code") + "  (good for " + left + ")\n";
    if (state == "confirm") {
        out += "Tenant:    " + text(answer, "tenant_name") + "  (" + text(answer, "tenant_id") +
               ")\n" + "Asked by:  " + text(answer, "requested_by") + "\n" +
               "Number:    " + text(answer, "sas") + "  (compare it with the tenant's screen; " +
               left + " left)\n" + "Answer:    pcgctl pairing accept, or: pcgctl pairing reject\n";
    } else if (!text(answer, "tenant_id").empty()) {
        out +=
            "Tenant:    " + text(answer, "tenant_name") + "  (" + text(answer, "tenant_id") + ")\n";
    }
    if (!text(answer, "message").empty()) out += "           " + text(answer, "message") + "\n";
    return out;
}

// "  trusted certificate  SHA-256 ab..., subject ..., issuer ..., until ...".
std::string certificate(const json::Object& answer, std::string_view name, std::string_view title) {
    const auto* value = answer.find(name);
    const auto* held = value == nullptr ? nullptr : value->asObject();
    if (held == nullptr) return {};
    return "  " + std::string(title) + ": SHA-256 " + text(*held, "sha256") + "\n    subject " +
           text(*held, "subject") + ", issuer " + text(*held, "issuer") + "\n    valid from " +
           text(*held, "not_before") + " to " + text(*held, "not_after") + "\n";
}

std::string endpoint(const json::Object& answer) {
    std::string out =
        text(answer, "name") + "  " + text(answer, "state") + "  " + text(answer, "url") + "\n";
    if (!text(answer, "product").empty()) out += "  " + text(answer, "product") + "\n";
    if (!text(answer, "why").empty()) out += "  " + text(answer, "why") + "\n";
    const auto open = texts(answer, "tunnels");
    if (!open.empty()) out += "  tunnels to: " + open + "\n";
    out += certificate(answer, "certificate", "trusted certificate");
    out += certificate(answer, "presented_certificate", "shown, not trusted");
    return out;
}

std::string remote(const json::Object& answer) {
    const auto word = [&](std::string_view what) {
        const auto* value = answer.find(what);
        const auto* held = value == nullptr ? nullptr : value->asBoolean();
        return held != nullptr && *held ? "allowed" : "not allowed";
    };
    return std::string("From the portal the tenant may administer\n") +
           "  endpoints:    " + word("endpoints") + "\n  access keys:  " + word("keys") + "\n";
}

std::string endpoints(const json::Object& answer) {
    std::string out;
    for (const auto* item : items(answer, "endpoints")) out += endpoint(*item);
    return out.empty() ? "No endpoints. Add one with: pcgctl endpoint add NAME --url URL ...\n"
                       : out;
}

std::string keys(const json::Object& answer) {
    std::vector<Line> lines{{"ID", "ENDPOINT", "ROLE", "STATE", "CREATED", "EXPIRES"}};
    for (const auto* key : items(answer, "keys")) {
        lines.push_back({text(*key, "username"),
                         text(*key, "endpoint"),
                         text(*key, "role"),
                         text(*key, "state"),
                         text(*key, "created_at"),
                         text(*key, "expires_at")});
    }
    return table(lines);
}

std::string audit(const json::Object& answer) {
    std::string out;
    for (const auto* row : items(answer, "rows")) {
        const auto* data = row->find("data");
        const auto* call = data == nullptr ? nullptr : data->asObject();
        const auto summary = call == nullptr ? std::string() : text(*call, "summary");
        if (!summary.empty()) {
            out += text(*row, "at") + "  " + summary + "\n";
            const auto arguments = text(*call, "arguments");
            if (!arguments.empty()) out += "    " + arguments + "\n";
            continue;
        }
        out += text(*row, "at") + "  " + text(*row, "event") + "  " +
               (data == nullptr ? std::string() : sanitizeForConsole(json::write(*data), 1024)) +
               "\n";
    }
    return out;
}

std::string auditHeads(const json::Object& answer) {
    std::string out;
    for (const auto* kind : {"events", "calls"}) {
        const auto head = answer.object(kind);
        if (!head) continue;
        const auto place = (*head)->integer("place", 0).value_or(0);
        if (place > 0)
            out += std::string(kind) + " " + std::to_string(place) + " " + text(**head, "chain") +
                   "\n";
    }
    return out;
}

std::string auditChain(const json::Object& chain) {
    const auto number = [&chain](std::string_view name) {
        return chain.integer(name, 0).value_or(0);
    };
    std::string out = number("place") == 0 ? "nothing yet"
                                           : "lines " + std::to_string(number("first")) + " to " +
                                                 std::to_string(number("place"));
    if (number("heads_matched") > 0)
        out += ", fits " + std::to_string(number("heads_matched")) + " heads kept elsewhere";
    if (number("heads_too_old") > 0)
        out += ", " + std::to_string(number("heads_too_old")) + " heads are of lines that left";
    if (number("unchained") > 0)
        out += ", " + std::to_string(number("unchained")) + " lines of an earlier version";
    const auto finding = text(chain, "finding");
    return out + (finding.empty() ? ": intact.\n" : ".\n  NOT AS WRITTEN: " + finding + "\n");
}

std::string auditVerdict(const json::Object& answer) {
    std::string out;
    for (const auto* kind : {"events", "calls"}) {
        const auto chain = answer.object(kind);
        if (chain) out += std::string(kind) + ": " + auditChain(**chain);
    }
    return out;
}

std::string warnings(const json::Object& answer) {
    std::string out;
    for (const auto* warning : items(answer, "warnings")) {
        const auto subject = text(*warning, "subject");
        out += "\n" + text(*warning, "severity") + ": " + text(*warning, "title") +
               (subject.empty() ? "" : " (" + subject + ")") + "\n";
        if (!text(*warning, "detail").empty()) out += "  " + text(*warning, "detail") + "\n";
        out += "  " + text(*warning, "next_step") + "\n";
    }
    return out;
}

// "through the proxy http://10.0.0.1:3128 (proxy_url names it)".
std::string way(const json::Object& of) {
    const auto* value = of.find("way");
    const auto* held = value == nullptr ? nullptr : value->asObject();
    if (held == nullptr) return {};
    const auto why = text(*held, "why");
    return text(*held, "text") + (why.empty() ? "" : " (" + why + ")");
}

// How bus and control plane are reached, and why so.
std::string ways(const json::Object& answer) {
    std::string out;
    if (const auto* link = answer.find("link"); link != nullptr && link->asObject() != nullptr) {
        const auto taken = way(*link->asObject());
        const auto peer = text(*link->asObject(), "peer");
        if (!taken.empty())
            out += "Way:       bus: " + taken + (peer.empty() ? "" : ", " + peer) + "\n";
    }
    const auto* egress = answer.find("egress");
    if (egress == nullptr || egress->asObject() == nullptr) return out;
    const auto taken = way(*egress->asObject());
    if (taken.empty()) return out;
    return out + (out.empty() ? "Way:       " : "           ") + "control plane: " + taken + "\n";
}

std::string status(const json::Object& answer) {
    std::string out = "Gateway:   " + text(answer, "gateway_id") + "  (version " +
                      text(answer, "version") + ")\n";
    if (const auto* value = answer.find("pairing");
        value != nullptr && value->asObject() != nullptr) {
        out += pairing(*value->asObject());
    }
    if (const auto* value = answer.find("link"); value != nullptr && value->asObject() != nullptr) {
        const auto& link = *value->asObject();
        out += "Link:      " + text(link, "state");
        if (link.has("rtt_ms"))
            out += ", round trip " + std::to_string(number(link, "rtt_ms")) + " ms";
        if (!text(link, "why").empty()) out += ": " + text(link, "why");
        out += "\n";
    }
    out += ways(answer);
    if (const auto* value = answer.find("policy");
        value != nullptr && value->asObject() != nullptr) {
        out += policySummary(*value->asObject());
    }
    return out + "\n" + endpoints(answer) + warnings(answer);
}

std::string uploadLine(const json::Object& upload) {
    auto line = text(upload, "id") + "  " + text(upload, "state") + "  " +
                std::to_string(number(upload, "fetched")) + " octets fetched, " +
                std::to_string(number(upload, "pushed")) + " pushed\n";
    line += "  from " + text(upload, "source") + " by key " + text(upload, "access_key") +
            ", ordered by " + text(upload, "by") + "\n";
    const auto why = text(upload, "why");
    return why.empty() ? line : line + "  " + text(upload, "code") + ": " + why + "\n";
}

std::string uploads(const json::Object& answer) {
    std::string out;
    for (const auto* upload : items(answer, "uploads")) out += uploadLine(*upload);
    return out.empty() ? "There are no uploads.\n" : out;
}

std::string uploadSources(const json::Object& answer) {
    std::string out;
    const auto sources = answer.strings("sources", 1000, 8192);
    for (const auto& source : sources.value_or(std::vector<std::string>())) out += source + "\n";
    if (out.empty())
        out =
            "None: there are no uploads by reference. List sources in the configuration "
            "(upload_sources).\n";
    return out + "The cache holds " + std::to_string(number(answer, "cache_octets")) + " octets.\n";
}

std::string key(const json::Object& answer) {
    const auto apiKey = text(answer, "api_key");
    if (!apiKey.empty()) return "api key:   " + apiKey + "\n\nIt is not shown again.\n";
    return "username:  " + text(answer, "username") + "\npassword:  " + text(answer, "password") +
           "\n\nThe password is not shown again.\n";
}

}  // namespace

std::string render(const Command& command, const json::Object& answer) {
    const auto verb = command.verb->words;
    if (verb == "status") return status(answer);
    if (isPolicyVerb(command)) return renderPolicy(command, answer);
    if (verb == "unpair") {
        return "The gateway belongs to nobody now. The control plane is told as soon as it can be "
               "reached;\nthen the console and \"pcgctl pairing show\" show a new code.\n";
    }
    if (verb.starts_with("pairing")) return pairing(answer);
    if (verb == "endpoint list") return endpoints(answer);
    if (verb == "endpoint remove") return "Removed.\n";
    if (verb.starts_with("endpoint")) return endpoint(answer);
    if (verb == "key list") return keys(answer);
    if (verb == "key create") return key(answer);
    if (verb.starts_with("remote")) return remote(answer);
    if (verb == "upload list") return uploads(answer);
    if (verb == "upload cancel") return uploadLine(answer);
    if (verb == "upload sources") return uploadSources(answer);
    if (verb == "audit") return audit(answer);
    if (verb == "controlplane check") {
        return answer.booleanOr("reached", false).value_or(false)
                   ? "It answers.\n"
                   : text(answer, "failure") + ": " + text(answer, "message") + "\n";
    }
    if (verb == "audit heads") return auditHeads(answer);
    if (verb == "audit verify") return auditVerdict(answer);
    return "Done.\n";
}

}  // namespace pcg::gateway::ctl
