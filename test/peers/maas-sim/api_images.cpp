// SPDX-License-Identifier: Apache-2.0
// Boot resources with their uploads, VM hosts, stored files.
#include "common/base/text.h"
#include "common/codec/base64.h"
#include "test/peers/maas-sim/api.h"
#include "test/peers/maas-sim/render.h"

#include <algorithm>

namespace pcg::maassim {
namespace {

namespace json = codec::json;

constexpr auto kVersion = "20261101";

json::Object resourceJson(const Region& region, const BootResource& one, bool whole) {
    json::Object object;
    object.set("id", one.id)
        .set("type", "Uploaded")
        .set("name", one.name)
        .set("architecture", one.architecture)
        .set("title", one.title)
        .set("subarches", "generic")
        .set("kflavor", "generic")
        .set("base_image", "ubuntu/jammy")
        .set("last_deployed", nullptr)
        .set("resource_uri", std::string(kBase) + "boot-resources/" + std::to_string(one.id) + "/");
    if (!whole) return object;
    const auto& file = region.files.at(one.file);
    const auto name = one.filetype == "tgz" ? "root.tgz" : "root-dd";
    json::Object shown;
    shown.set("filename", name)
        .set("filetype", one.filetype)
        .set("sha256", file.sha256)
        .set("size", file.size)
        .set("complete", file.complete);
    if (!file.complete) {
        const auto percent =
            file.size == 0 ? 0.0
                           : static_cast<double>(file.received) / static_cast<double>(file.size);
        shown.set("progress", percent)
            .set("upload_uri",
                 std::string(kBase) + "boot-resources/" + std::to_string(one.id) + "/upload/" +
                     std::to_string(file.id) + "/");
    }
    json::Object files, set, sets;
    files.set(name, std::move(shown));
    set.set("version", kVersion)
        .set("label", "uploaded")
        .set("size", file.size)
        .set("complete", file.complete)
        .set("files", std::move(files));
    sets.set(kVersion, std::move(set));
    object.set("sets", std::move(sets));
    return object;
}

bool isSha256(const std::string& text) { return text.size() == 64 && fromHex(text).has_value(); }

VmHost* hostOf(Region& region, const std::string& id) {
    const auto found =
        std::find_if(region.hosts.begin(), region.hosts.end(), [&](const VmHost& one) {
            return std::to_string(one.id) == id;
        });
    return found == region.hosts.end() ? nullptr : &*found;
}

Reply noHost() { return Reply::text(404, "No Pod matches the given query."); }

}  // namespace

Reply Api::listResources(const Request& request, const Ids&) {
    const auto type = toLowerAscii(textOf(request.query_parameters, "type"));
    json::Array items;
    if (type.empty() || type == "synced") {
        items.emplace_back(json::Object()
                               .set("id", 1)
                               .set("type", "Synced")
                               .set("name", "ubuntu/jammy")
                               .set("architecture", "amd64/ga-22.04")
                               .set("subarches", "generic,hwe-p,ga-22.04")
                               .set("kflavor", "generic")
                               .set("resource_uri", std::string(kBase) + "boot-resources/1/"));
    }
    if (type.empty() || type == "uploaded") {
        for (const auto& [id, one] : region_.resources) {
            items.emplace_back(resourceJson(region_, one, false));
        }
    }
    return Reply::json(std::move(items));
}

Reply Api::createResource(const Request& request, const Ids&) {
    const auto& form = request.form;
    BootResource one;
    one.name = textOf(form, "name");
    one.architecture = textOf(form, "architecture");
    one.title = textOf(form, "title");
    one.filetype = textOf(form, "filetype").empty() ? "tgz" : textOf(form, "filetype");
    if (one.name.empty()) return Reply::field("name", "This field is required.");
    if (one.architecture.empty()) return Reply::field("architecture", "This field is required.");
    BootFile file;
    file.sha256 = toLowerAscii(textOf(form, "sha256"));
    const auto size = parseUnsigned(textOf(form, "size"));
    if (!isSha256(file.sha256)) return Reply::field("sha256", "This field is required.");
    if (!size) return Reply::field("size", "Enter a whole number.");
    file.size = static_cast<std::int64_t>(*size);
    // A file with this digest that is complete is not asked for again.
    for (const auto& [id, known] : region_.files) {
        if (known.complete && known.sha256 == file.sha256) one.file = id;
    }
    if (one.file == 0) {
        file.id = region_.next_id++;
        one.file = file.id;
        region_.files.emplace(one.file, std::move(file));
    }
    one.id = region_.next_id++;
    const auto id = one.id;
    region_.resources.emplace(id, std::move(one));
    return Reply::json(resourceJson(region_, region_.resources.at(id), true), 201);
}

Reply Api::readResource(const Request&, const Ids& ids) {
    const auto id = parseUnsigned(ids.front());
    const auto found = region_.resources.find(static_cast<int>(id.value_or(0)));
    if (found == region_.resources.end()) {
        return Reply::text(404, "No BootResource matches the given query.");
    }
    return Reply::json(resourceJson(region_, found->second, true));
}

Reply Api::deleteResource(const Request&, const Ids& ids) {
    region_.resources.erase(static_cast<int>(parseUnsigned(ids.front()).value_or(0)));
    return Reply::text(204, "");
}

Reply Api::isImporting(const Request&, const Ids&) { return Reply::json(false); }

Reply Api::import(const Request&, const Ids&) {
    return Reply::text(200, "Import of boot resources started");
}

// Octets are appended, in order, and nobody says where they belong: MAAS cannot tell a chunk that
// comes twice.
Reply Api::upload(int id, BytesView bytes, bool last, std::int64_t declared) {
    const auto found = region_.files.find(id);
    if (found == region_.files.end()) {
        return Reply::text(404, "No BootResourceFile matches the given query.");
    }
    auto& file = found->second;
    if (file.complete) return Reply::text(400, "Cannot upload to a complete file.");
    if (declared <= 0) return Reply::text(400, "Missing data.");
    const auto count = static_cast<std::int64_t>(bytes.size());
    if (file.received + (last ? count : declared) > file.size) {
        return Reply::text(400, "Too much data received.");
    }
    file.received += count;
    file.digest.update(bytes);
    if (!last) return Reply::text(200, "OK");
    ++file.writes;
    if (file.received == file.size) {
        if (toHex(file.digest.finish()) != file.sha256) {
            file.received = 0;
            return Reply::text(400, "Saved content does not match given SHA256 value.");
        }
        file.complete = true;
    }
    return Reply::text(200, "OK");
}

Reply Api::listHosts(const Request&, const Ids&) {
    json::Array items;
    for (const auto& host : region_.hosts) items.emplace_back(hostJson(region_, host));
    return Reply::json(std::move(items));
}

Reply Api::createHost(const Request& request, const Ids&) {
    VmHost host;
    host.type = textOf(request.form, "type");
    if (host.type != "lxd" && host.type != "virsh") {
        return Reply::field(
            "type",
            "Select a valid choice. " + host.type + " is not one of the available choices.");
    }
    for (const auto* name : {"power_address", "power_user", "power_pass", "project"}) {
        const auto value = textOf(request.form, name);
        if (!value.empty()) host.parameters[name] = value;
    }
    host.id = region_.next_id++;
    host.name = textOf(request.form, "name");
    if (host.name.empty()) host.name = "host-" + std::to_string(host.id);
    region_.hosts.push_back(std::move(host));
    return Reply::json(hostJson(region_, region_.hosts.back()));
}

Reply Api::readHost(const Request&, const Ids& ids) {
    const auto* host = hostOf(region_, ids.front());
    return host == nullptr ? noHost() : Reply::json(hostJson(region_, *host));
}

Reply Api::deleteHost(const Request&, const Ids& ids) {
    if (hostOf(region_, ids.front()) == nullptr) return noHost();
    std::erase_if(region_.hosts,
                  [&](const VmHost& one) { return std::to_string(one.id) == ids.front(); });
    return Reply::text(204, "");
}

Reply Api::hostParameters(const Request&, const Ids& ids) {
    const auto* host = hostOf(region_, ids.front());
    if (host == nullptr) return noHost();
    json::Object object;
    for (const auto& [name, value] : host->parameters) object.set(name, value);
    return Reply::json(std::move(object));
}

Reply Api::compose(const Request& request, const Ids& ids) {
    auto* host = hostOf(region_, ids.front());
    if (host == nullptr) return noHost();
    const auto number = [&](const char* name, int otherwise) {
        const auto value = parseUnsigned(textOf(request.form, name));
        return value ? static_cast<int>(*value) : otherwise;
    };
    Machine machine;
    machine.cpu_count = number("cores", 1);
    machine.memory = number("memory", 2048);
    if (host->used_cores + machine.cpu_count > host->cores ||
        host->used_memory + machine.memory > host->memory) {
        return Reply::text(400, "Pod unable to compose machine: not enough resources.");
    }
    host->used_cores += machine.cpu_count;
    host->used_memory += machine.memory;
    machine.hostname = textOf(request.form, "hostname");
    if (machine.hostname.empty()) machine.hostname = "vm-" + std::to_string(region_.next_id);
    machine.power_type = host->type;
    machine.zone = host->zone;
    machine.pool = host->pool;
    const auto& made = region_.add(std::move(machine));
    host->machines.push_back(made.id);
    return Reply::json(json::Object()
                           .set("system_id", made.id)
                           .set("resource_uri", std::string(kBase) + "machines/" + made.id + "/"));
}

Reply Api::listFiles(const Request&, const Ids&) {
    json::Array items;
    for (const auto& [name, content] : region_.stored_files) {
        items.emplace_back(
            json::Object()
                .set("filename", name)
                .set("anon_resource_uri", std::string(kBase) + "files/?op=get_by_key&key=" + name)
                .set("resource_uri", std::string(kBase) + "files/" + name + "/"));
    }
    return Reply::json(std::move(items));
}

Reply Api::addFile(const Request& request, const Ids&) {
    const auto name = textOf(request.form, "filename");
    if (name.empty()) return Reply::text(400, "Filename not supplied");
    if (request.uploads.size() != 1) return Reply::text(400, "File not supplied");
    region_.stored_files[name] = request.uploads.begin()->second;
    return Reply::json(json::Object()
                           .set("filename", name)
                           .set("resource_uri", std::string(kBase) + "files/" + name + "/"),
                       201);
}

Reply Api::getFile(const Request& request, const Ids&) {
    const auto found = region_.stored_files.find(textOf(request.query_parameters, "filename"));
    if (found == region_.stored_files.end()) return Reply::text(404, "File not found");
    auto reply = Reply::text(200, found->second);
    reply.type = "application/octet-stream";
    return reply;
}

}  // namespace pcg::maassim
