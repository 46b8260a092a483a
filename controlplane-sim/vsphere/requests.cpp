// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/vsphere/requests.h"

namespace pcg::controlplane::vsphere::requests {
namespace {

constexpr std::string_view kOpen =
    R"(<?xml version="1.0" encoding="UTF-8"?>)"
    R"(<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/")"
    R"( xmlns:xsd="http://www.w3.org/2001/XMLSchema")"
    R"( xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>)";
constexpr std::string_view kClose = "</soapenv:Body></soapenv:Envelope>";

std::string element(std::string_view name, std::string_view text) {
    std::string out;
    out.append("<").append(name).append(">");
    xml::appendEscaped(out, text);
    out.append("</").append(name).append(">");
    return out;
}

std::string reference(std::string_view name, const Ref& ref) {
    std::string out;
    out.append("<").append(name).append(" type=\"");
    xml::appendEscaped(out, ref.type);
    out.append("\">");
    xml::appendEscaped(out, ref.id);
    out.append("</").append(name).append(">");
    return out;
}

std::string call(std::string_view method, const Ref& self, std::string_view arguments = {}) {
    std::string out(kOpen);
    out.append("<").append(method).append(" xmlns=\"urn:vim25\">");
    out += reference("_this", self);
    out.append(arguments).append("</").append(method).append(">").append(kClose);
    return out;
}

std::string filterSpec(const std::string& name, const PropertyQuery& query) {
    std::string out = "<" + name + ">";
    for (const auto& set : query.sets) {
        out += "<propSet>" + element("type", set.type) + "<all>false</all>";
        for (const auto& path : set.paths) out += element("pathSet", path);
        out += "</propSet>";
    }
    out += "<objectSet>" + reference("obj", query.object);
    if (query.throughView) {
        out += R"(<skip>true</skip><selectSet xsi:type="TraversalSpec"><name>view</name>)"
               "<type>ContainerView</type><path>view</path><skip>false</skip></selectSet>";
    } else {
        out += "<skip>false</skip>";
    }
    return out + "</objectSet></" + name + ">";
}

std::string extraConfigOf(const std::vector<ExtraConfig>& entries) {
    std::string out;
    for (const auto& entry : entries) {
        out += "<extraConfig>" + element("key", entry.key) + R"(<value xsi:type="xsd:string">)" +
               xml::escaped(entry.value) + "</value></extraConfig>";
    }
    return out;
}

}  // namespace

std::string retrieveServiceContent() {
    return call("RetrieveServiceContent", {"ServiceInstance", "ServiceInstance"});
}

Secret login(const Ref& sessionManager, const std::string& username, const Secret& password) {
    std::string arguments = element("userName", username);
    arguments.reserve(arguments.size() + 6 * password.size() + 64);  // no copy is left behind
    arguments += "<password>";
    xml::appendEscaped(arguments, password.revealText());
    arguments += "</password>";
    auto body = call("Login", sessionManager, arguments);
    wipe(arguments);
    return Secret::takeText(body);
}

std::string logout(const Ref& sessionManager) { return call("Logout", sessionManager); }

std::string createContainerView(const Ref& viewManager,
                                const Ref& container,
                                const std::vector<std::string>& types) {
    auto arguments = reference("container", container);
    for (const auto& type : types) arguments += element("type", type);
    return call("CreateContainerView", viewManager, arguments + "<recursive>true</recursive>");
}

std::string destroyView(const Ref& view) { return call("DestroyView", view); }

std::string retrieveProperties(const Ref& collector, const PropertyQuery& query, int maxObjects) {
    return call("RetrievePropertiesEx",
                collector,
                filterSpec("specSet", query) + "<options>" +
                    element("maxObjects", std::to_string(maxObjects)) + "</options>");
}

std::string continueRetrieve(const Ref& collector, const std::string& token) {
    return call("ContinueRetrievePropertiesEx", collector, element("token", token));
}

std::string createPropertyCollector(const Ref& collector) {
    return call("CreatePropertyCollector", collector);
}

std::string destroyPropertyCollector(const Ref& collector) {
    return call("DestroyPropertyCollector", collector);
}

std::string createFilter(const Ref& collector, const PropertyQuery& query) {
    return call("CreateFilter",
                collector,
                filterSpec("spec", query) + "<partialUpdates>false</partialUpdates>");
}

std::string waitForUpdates(const Ref& collector,
                           const std::string& version,
                           std::chrono::seconds maxWait) {
    return call("WaitForUpdatesEx",
                collector,
                element("version", version) + "<options>" +
                    element("maxWaitSeconds", std::to_string(maxWait.count())) + "</options>");
}

std::string findByInventoryPath(const Ref& searchIndex, const std::string& path) {
    return call("FindByInventoryPath", searchIndex, element("inventoryPath", path));
}

std::string findByInstanceUuid(const Ref& searchIndex, const std::string& uuid) {
    return call(
        "FindByUuid",
        searchIndex,
        element("uuid", uuid) + "<vmSearch>true</vmSearch><instanceUuid>true</instanceUuid>");
}

std::string findChild(const Ref& searchIndex, const Ref& folder, const std::string& name) {
    return call("FindChild", searchIndex, reference("entity", folder) + element("name", name));
}

std::string cloneVm(const CloneOrder& order) {
    std::string arguments = reference("folder", order.folder) + element("name", order.name);
    arguments += "<spec><location>";
    if (order.datastore) arguments += reference("datastore", *order.datastore);
    arguments += reference("pool", order.pool) + "</location><template>false</template><config>";
    arguments += element("instanceUuid", order.instanceUuid);
    arguments += element("annotation", order.annotation);
    arguments += extraConfigOf(order.extraConfig);
    arguments += "</config><powerOn>false</powerOn></spec>";
    return call("CloneVM_Task", order.source, arguments);
}

std::string reconfigureVm(const Ref& machine, const ReconfigureOrder& order) {
    std::string spec = "<spec>";
    if (order.cpu != 0) spec += element("numCPUs", std::to_string(order.cpu));
    if (order.memoryMib != 0) spec += element("memoryMB", std::to_string(order.memoryMib));
    for (const auto& device : order.editedDevices) {
        spec += "<deviceChange><operation>edit</operation>";
        auto named = device;
        named.name = "device";
        xml::append(spec, named);
        spec += "</deviceChange>";
    }
    return call("ReconfigVM_Task", machine, spec + extraConfigOf(order.extraConfig) + "</spec>");
}

std::string powerOnVm(const Ref& machine) { return call("PowerOnVM_Task", machine); }

std::string powerOffVm(const Ref& machine) { return call("PowerOffVM_Task", machine); }

std::string destroy(const Ref& machine) { return call("Destroy_Task", machine); }

}  // namespace pcg::controlplane::vsphere::requests
