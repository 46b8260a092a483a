// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/cli/call_command.h"

#include "common/base/text.h"
#include "common/net/deadline.h"
#include "controlplane-sim/cli/input.h"
#include "pairing/tenant_name.h"

#include <algorithm>
#include <cstdio>

namespace pcg::controlplane::cli {
namespace {

namespace json = codec::json;

constexpr int kMaxPages = 100;
constexpr std::string_view kFollow = "--follow";
constexpr std::chrono::seconds kFollowEvery{1};
constexpr ByteCount kMaxAnswer = 64_MiB;
constexpr std::size_t kMaxItems = 100'000;

std::string fill(std::string_view path, const std::map<std::string, std::string>& words) {
    std::string out(path);
    for (const auto& [name, value] : words) {
        const auto at = out.find("{" + name + "}");
        if (at != std::string::npos) out.replace(at, name.size() + 2, percentEncode(value));
    }
    return out;
}

Result<std::string> fileBody(const std::string& name) {
    const auto text = PCG_TRY(readFile({}, name));
    const auto parsed = json::parseObject(text, kMaxFile);
    if (!parsed) return fail(kFile, "\"" + name + "\": " + parsed.error().message());
    return json::write(*parsed);
}

// The value that a source names: a word, or an option if it was given.
std::optional<std::string> valueOf(const CommandLine& line, const std::string& source) {
    const auto& from = source.starts_with("--") ? line.options : line.words;
    const auto found = from.find(source);
    if (found == from.end()) return std::nullopt;
    return found->second;
}

Result<std::string> bodyOf(const CommandLine& line) {
    const auto spec = line.command->body;
    if (spec.starts_with('@')) return fileBody(line.words.at(std::string(spec.substr(1))));
    json::Object body;
    for (const auto item : split(spec, ' ')) {
        const auto equals = item.find('=');
        if (equals == std::string_view::npos) continue;
        auto source = std::string(item.substr(equals + 1));
        const bool number = source.starts_with('#');
        if (number) source.erase(0, 1);
        const auto value = valueOf(line, source);
        if (!value && source == "--expires-in") continue;  // without: for ever
        if (!value) return fail(kUsage, source + " is missing; see pcg --help");
        if (!number) {
            body.set(item.substr(0, equals), *value);
            continue;
        }
        const auto parsed = parseUnsigned(*value);
        if (!parsed || *parsed > 1'000'000'000'000)
            return fail(kUsage, source + " takes a number, not \"" + value->substr(0, 64) + "\"");
        body.set(item.substr(0, equals), static_cast<std::int64_t>(*parsed));
    }
    return body.size() == 0 ? std::string() : json::write(body);
}

const json::Value* memberAt(const json::Object& object, std::string_view path) {
    const auto dot = path.find('.');
    const auto* value = object.find(path.substr(0, dot));
    if (value == nullptr || dot == std::string_view::npos) return value;
    return value->asObject() == nullptr ? nullptr
                                        : memberAt(*value->asObject(), path.substr(dot + 1));
}

// Text is made printable line by line; everything else is what JSON says.
std::string shown(const json::Value* value) {
    if (value == nullptr || value->isNull()) return "-";
    if (const auto* text = value->asString()) {
        if (text->empty()) return "-";
        // Ids, URLs, passwords and tokens are plain ASCII, and may be longer than a name.
        const bool plain =
            std::all_of(text->begin(), text->end(), [](char c) { return c >= ' ' && c <= '~'; });
        return plain ? *text : pairing::displayName(*text).text;
    }
    return json::write(*value);
}

std::string upper(std::string_view column) {
    std::string title(column.substr(column.rfind('.') + 1));
    for (auto& c : title) c = c == '_' ? ' ' : (c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c);
    return title;
}

void print(const std::string& text) { std::fputs(text.c_str(), stdout); }

int complain(const Error& error) {
    std::fprintf(stderr, "pcg: %s\n", error.message().c_str());
    return exitCodeOf(error);
}

net::Task<Result<json::Array>> readAll(TenantApi& api, std::string target) {
    json::Array all;
    const auto separator = target.find('?') == std::string::npos ? "?" : "&";
    std::string cursor;
    for (int page = 0; page < kMaxPages; ++page) {
        auto path = target + separator + "limit=200";
        if (!cursor.empty()) path += "&cursor=" + percentEncode(cursor);
        TenantApi::Request request{"GET", std::move(path), {}, {}, 16_MiB};
        PCG_CO_TRY(const auto response, co_await api.call(std::move(request)));
        PCG_CO_TRY(const auto answer, json::parseObject(asText(response.body), 16_MiB));
        PCG_CO_TRY(const auto* items, answer.array("items", kMaxItems));
        all.insert(all.end(), items->begin(), items->end());
        PCG_CO_TRY(const auto next, answer.optionalString("next_cursor", 4096));
        if (!next) co_return all;
        cursor = *next;
    }
    co_return fail(kRefused, "the list is longer than 20,000 items; narrow it with a filter");
}

bool isOver(const std::string& state) {
    return state == "done" || state == "failed" || state == "cancelled" || state == "unknown";
}

// One line for each news, until there will be none. A control plane that is away for a moment is
// asked again.
net::Task<int> follow(TenantApi& api, const CommandLine& line, std::string target) {
    std::string last;
    for (int silent = 0; silent < 30;) {
        TenantApi::Request request{"GET", target, {}, {}, kMaxAnswer};
        const auto response = co_await api.call(std::move(request));
        if (!response && response.error().isInput()) co_return complain(response.error());
        silent = response ? 0 : silent + 1;
        const auto text = response ? std::string(asText(response->body)) : std::string();
        const auto answer = json::parseObject(text, kMaxAnswer);
        if (answer && text != last) {
            const auto state = answer->string("state", 64).value_or("");
            auto news = state;
            for (const auto* name : {"fetched", "pushed", "total", "why"})
                news += std::string(" ") + name + ": " + shown(answer->find(name));
            print(line.json ? text + "\n" : news + "\n");
            std::fflush(stdout);
            last = text;
            if (isOver(state)) co_return state == "done" ? 0 : 1;
        }
        co_await net::sleepFor(kFollowEvery);
    }
    std::fprintf(stderr, "pcg: the control plane does not answer any more\n");
    co_return 1;
}

}  // namespace

Result<ApiRequest> requestOf(const CommandLine& line) {
    const auto& command = *line.command;
    ApiRequest request{std::string(command.method), fill(command.path, line.words), {}};
    if (!command.body.empty()) request.body = PCG_TRY(bodyOf(line));
    std::string query;
    for (const auto item : split(command.query, ' ')) {
        const auto equals = item.find('=');
        if (equals == std::string_view::npos) continue;
        const auto source = std::string(item.substr(equals + 1));
        const auto value = valueOf(line, source);
        if (!value || source == kFollow) continue;
        query += (query.empty() ? "?" : "&") + std::string(item.substr(0, equals)) + "=" +
                 percentEncode(*value);
    }
    request.target += query;
    return request;
}

std::string tableOf(const Command& command, const json::Array& items) {
    if (items.empty()) {
        return command.noun == "gateways" && command.verb == "list"
                   ? "Your tenant has no such gateway yet; pair one with: pcg pair CODE\n"
                   : "There is nothing to show.\n";
    }
    const auto columns = split(command.columns, ' ');
    std::vector<std::vector<std::string>> rows(1);
    for (const auto column : columns) rows.front().push_back(upper(column));
    for (const auto& item : items) {
        if (item.asObject() == nullptr) continue;
        auto& row = rows.emplace_back();
        for (const auto column : columns) row.push_back(shown(memberAt(*item.asObject(), column)));
    }
    std::string table;
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            std::size_t width = 0;
            for (const auto& other : rows) width = std::max(width, other[i].size());
            table += row[i];
            table += i + 1 == row.size() ? "\n" : std::string(width - row[i].size() + 2, ' ');
        }
    }
    return table;
}

std::string linesOf(const json::Object& object, int depth) {
    std::string text;
    const std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
    for (const auto& member : object.members()) {
        const auto name = indent + pairing::displayName(member.name).text + ":";
        const auto* list = member.value.asArray();
        if (const auto* inner = member.value.asObject(); inner != nullptr && depth < 8) {
            text += name + "\n" + linesOf(*inner, depth + 1);
        } else if (list != nullptr && !list->empty() && list->front().asObject() != nullptr) {
            text += name + "\n";
            for (const auto& item : *list) {
                if (item.asObject() == nullptr || depth >= 8) continue;
                text += indent + "  -\n" + linesOf(*item.asObject(), depth + 2);
            }
        } else {
            text += name + " " + shown(&member.value) + "\n";
        }
    }
    return text;
}

void printAnswer(const json::Object& answer, bool asJson) {
    print(asJson ? json::write(answer) + "\n" : linesOf(answer));
}

net::Task<int> runCall(TenantApi& api, const CommandLine& line, Random& random) {
    auto wanted = requestOf(line);
    if (!wanted) co_return complain(wanted.error());
    if (!line.command->columns.empty()) {
        const auto items = co_await readAll(api, wanted->target);
        if (!items) co_return complain(items.error());
        json::Object whole;
        whole.set("items", *items).set("next_cursor", nullptr);
        print(line.json ? json::write(whole) + "\n" : tableOf(*line.command, *items));
        co_return 0;
    }
    if (line.options.contains(std::string(kFollow)))
        co_return co_await follow(api, line, std::move(wanted->target));
    const bool post = wanted->method == "POST";
    TenantApi::Request request{std::move(wanted->method),
                               std::move(wanted->target),
                               std::move(wanted->body),
                               post ? toHex(random.array<16>()) : std::string(),
                               kMaxAnswer};
    const auto response = co_await api.call(std::move(request));
    if (!response) co_return complain(response.error());
    const auto text = asText(response->body);
    if (text.empty()) co_return 0;
    const auto answer = json::parseObject(text, kMaxAnswer);
    if (!answer || line.json) {  // an export is no JSON object, and is passed on as it is
        print(std::string(text) + (answer ? "\n" : ""));
        co_return 0;
    }
    printAnswer(*answer, false);
    co_return 0;
}

}  // namespace pcg::controlplane::cli
