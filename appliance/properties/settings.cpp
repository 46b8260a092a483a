// SPDX-License-Identifier: Apache-2.0
#include "appliance/properties/settings.h"

#include "common/base/bytes.h"
#include "common/base/text.h"
#include "common/net/proxy_settings.h"
#include "common/wire/ids.h"
#include "gateway/egress/egress_rules.h"

#include <algorithm>

#include "appliance/properties/network_values.h"
#include "appliance/properties/pem_value.h"

namespace pcg::appliance {
namespace {

// As a whole; "0.0.0.0/0" is more than what its first address says.
bool isNeverReached(const net::Network& network) {
    const auto text = network.text();
    const auto slash = text.find('/');
    const auto bits = parseUnsigned(std::string_view(text).substr(slash + 1)).value_or(0);
    return bits >= 8 &&
           egress::EgressRules::isNever(net::asio::ip::make_address(text.substr(0, slash)));
}

class Reader {
  public:
    Reader(const Properties& given, WallTime now) : given_(given), now_(now) {}

    ReadSettings read() {
        take("hostname", parseHostName, out_.settings.hostname);
        address("ipv4", "gateway4", Family::V4, "dhcp", out_.settings.ipv4);
        address("ipv6", "gateway6", Family::V6, "auto", out_.settings.ipv6);
        list("dns", parseAnyAddress, out_.settings.dns);
        list("search", parseHostName, out_.settings.search);
        list("ntp", parseServer, out_.settings.ntp);
        networks();
        bus();
        proxy();
        controlPlane();
        const auto choose = [](std::string_view text) { return parseRemote(text); };
        take("remote", choose, out_.settings.remote);
        take("ssh_key", parseSshKeys, out_.settings.sshKeys);
        unknown();
        return std::move(out_);
    }

  private:
    const std::string* value(std::string_view name) const {
        const auto found = given_.find(name);
        return found == given_.end() ? nullptr : &found->second;
    }

    void wrong(std::string_view name, const std::string& message) {
        out_.problems.push_back(
            {"appliance.property." + std::string(name), "pcgw." + std::string(name), message});
    }

    template <class Parse, class T>
    void take(std::string_view name, const Parse& parse, T& to) {
        const auto* text = value(name);
        if (text == nullptr) return;
        auto parsed = parse(*text);
        if (!parsed) return wrong(name, parsed.error().message());
        to = std::move(*parsed);
    }

    template <class Parse>
    void list(std::string_view name, const Parse& parse, std::vector<std::string>& to) {
        const auto* text = value(name);
        if (text == nullptr) return;
        const auto words = parseList(*text);
        if (!words) return wrong(name, words.error().message());
        for (const auto& word : *words) {
            auto parsed = parse(word);
            if (!parsed)
                wrong(name, parsed.error().message());
            else
                to.push_back(std::move(*parsed));
        }
    }

    static Result<std::string> parseServer(std::string_view text) {
        if (auto address = parseAnyAddress(text)) return address;
        return parseHostName(text);
    }

    static Result<std::string> parseRemote(std::string_view text) {
        auto word = toLowerAscii(text);
        for (const auto* known : {"nothing", "endpoints", "keys", "all"})
            if (word == known) return word;
        return fail(kBadValue,
                    "\"" + std::string(text.substr(0, 40)) +
                        "\" is not nothing, endpoints, keys or all. The tenant may do nothing.");
    }

    void address(std::string_view name,
                 std::string_view gatewayName,
                 Family family,
                 std::string_view automatic,
                 AddressSettings& to) {
        const auto* text = value(name);
        const auto word = text == nullptr ? std::string(automatic) : toLowerAscii(*text);
        if (word == "none" || word == "off") {
            to.mode = AddressMode::Off;
        } else if (word != automatic && word != "dhcp" && word != "auto") {
            auto parsed = parseInterfaceAddress(word, family);
            if (!parsed)
                return wrong(name,
                             parsed.error().message() + " The address is taken by " +
                                 std::string(automatic) + " meanwhile.");
            to.mode = AddressMode::Static;
            to.address = std::move(*parsed);
        }
        const auto* gateway = value(gatewayName);
        if (gateway == nullptr) return;
        auto parsed = parseGateway(*gateway, family, to.address);
        if (!parsed) return wrong(gatewayName, parsed.error().message());
        to.gateway = std::move(*parsed);
        to.gatewayOnLink = isOnLink(to.address, to.gateway);
    }

    // One that is over is used all the same: the clock may be wrong, and whoever checks it knows
    // then. `otherwise`: what counts instead of one that cannot be read.
    void authorities(std::string_view name, std::string& to, std::string_view otherwise) {
        const auto* text = value(name);
        if (text == nullptr) return;
        auto read = parseCertificates(*text, now_);
        if (!read) {
            const auto rest = otherwise.empty() ? std::string() : " " + std::string(otherwise);
            return wrong(name, read.error().message() + rest);
        }
        if (!read->warning.empty()) {
            wrong(name, read->warning);
            out_.problems.back().isWarning = true;
        }
        to = std::move(read->pem);
    }

    // A limit that was mistyped is no permission: what is right of it counts, if need be nothing.
    void networks() {
        if (value("networks") == nullptr) return;
        auto& networks = out_.settings.networks;
        networks.clear();
        list("networks", parseNetwork, networks);
        if (networks.empty()) networks = {"255.255.255.255/32"};
    }

    // Likewise: not the control plane's site because what was to be reached instead was mistyped.
    void bus() {
        auto& bus = out_.settings.bus;
        list("bus", parseBusHost, bus);
        if (value("bus") != nullptr && bus.empty()) bus = {"255.255.255.255/32"};
    }

    // Whatever the rules of the egress process take, with a port or without.
    static Result<std::string> parseBusHost(std::string_view text) {
        if (const auto network = net::Network::parse(text)) return network->text();
        auto word = toLowerAscii(text);
        if (word.starts_with("*.")) word.erase(0, 1);
        const bool hasPort = egress::EgressRules::parse(word, "").has_value();
        if (hasPort || egress::EgressRules::parse(word + ":443", "")) return word;
        return fail(kBadValue,
                    "\"" + std::string(text.substr(0, 100)) +
                        "\" is not a host (bus.example.com), a suffix (.example.com) or a network, "
                        "with or without a port. It is not reached until that is right.");
    }

    static Result<std::string> parseNetwork(std::string_view text) {
        const auto read = net::Network::parse(text);
        if (!read)
            return fail(
                kBadValue,
                read.error().message() + " Endpoints in it are not reached until that is right.");
        if (isNeverReached(*read))
            return fail(kBadValue,
                        "\"" + read->text() +
                            "\" holds no endpoints: addresses of the link, of a group or of "
                            "nobody are never connected to.");
        return read->text();
    }

    void proxy() {
        auto& proxy = out_.settings.proxy;
        take("proxy", [](std::string_view text) { return parseProxy(text); }, proxy.url);
        proxyCredentials();
        list("proxy_exceptions", parseException, proxy.exceptions);
        authorities("proxy_ca", proxy.caPem, "The public authorities count meanwhile.");
        if (!proxy.caPem.empty() && !proxy.url.starts_with("https://")) {
            wrong("proxy_ca",
                  "It is for an https:// proxy, which pcgw.proxy does not name; remove one of "
                  "them or correct the other.");
            proxy.caPem.clear();
        }
        if (proxy.url.empty() && !proxy.user.empty())
            wrong("proxy_user", "It needs pcgw.proxy, the proxy's address.");
        if (proxy.url.empty() && !proxy.exceptions.empty())
            wrong("proxy_exceptions", "They need pcgw.proxy, the proxy's address.");
    }

    void proxyCredentials() {
        auto& proxy = out_.settings.proxy;
        const auto* user = value("proxy_user");
        const auto* password = value("proxy_password");
        if (user == nullptr) {
            if (password != nullptr) wrong("proxy_password", "It needs pcgw.proxy_user.");
            return;
        }
        if (user->find(':') != std::string::npos)
            return wrong("proxy_user",
                         "It must not hold a colon: the proxy could not tell it "
                         "from the password.");
        const auto secret = password == nullptr ? std::string() : *password;
        if (secret.find('\n') != std::string::npos ||
            !net::basicAuthorization(*user + ":" + secret))
            return wrong("proxy_user",
                         "User and password together must be at most 511 characters "
                         "of one line. No credentials are sent.");
        proxy.user = *user;
        proxy.password = secret;
    }

    static Result<std::string> parseProxy(std::string_view text) {
        const bool secured = toLowerAscii(text).starts_with("https://");
        return parseOrigin(text, secured ? "https" : "http");
    }

    static Result<std::string> parseException(std::string_view text) {
        const auto read = net::ProxyExceptions::parse(text);
        if (!read) return fail(kBadValue, read.error().message());
        return std::string(text);
    }

    void controlPlane() {
        auto& settings = out_.settings;
        take(
            "url",
            [](std::string_view text) { return parseOrigin(text, "https"); },
            settings.controlplaneUrl);
        if (value("url") == nullptr)
            wrong("url", "It is not given; set it to the control plane's address, https://...");
        authorities("ca", settings.caPem, "");
        authorities("inspection_ca",
                    settings.inspectionCaPem,
                    "Nothing that inspects TLS is let through meanwhile.");
        take("ca_sha256", parsePin, settings.rootSha256);
        if (!settings.caPem.empty() && !settings.rootSha256.empty()) {
            wrong("ca_sha256", "It cannot be combined with pcgw.ca, which is used.");
            settings.rootSha256.clear();
        }
        take("tenant", parseTenant, settings.tenant);
    }

    static Result<std::string> parsePin(std::string_view text) {
        std::string hex = toLowerAscii(text);
        std::erase(hex, ':');
        const auto bytes = fromHex(hex);
        if (bytes && bytes->size() == 32) return hex;
        return fail(kBadValue, "It must be the 64 hex digits of a SHA-256; colons are allowed.");
    }

    static Result<std::string> parseTenant(std::string_view text) {
        const auto id = wire::parseTenantId(text);
        if (!id) return fail(kBadValue, id.error().message());
        return std::string(id->text());
    }

    void unknown() {
        const auto& names = propertyNames();
        for (const auto& [name, ignored] : given_) {
            if (std::ranges::find(names, name) != names.end()) continue;
            const auto meant = didYouMean(name, names);
            out_.problems.push_back({"appliance.property_unknown",
                                     "pcgw." + name,
                                     "There is no such property." +
                                         (meant ? " Did you mean pcgw." + *meant + "?" : "")});
        }
    }

    const Properties& given_;
    WallTime now_;
    ReadSettings out_;
};

}  // namespace

std::vector<std::string> privateNetworks() {
    return {"10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"};
}

const std::vector<std::string>& propertyNames() {
    static const std::vector<std::string> kNames{
        "hostname",         "ipv4",     "gateway4", "ipv6",   "gateway6",   "dns",
        "search",           "ntp",      "networks", "proxy",  "proxy_user", "proxy_password",
        "proxy_exceptions", "proxy_ca", "url",      "bus",    "ca",         "ca_sha256",
        "inspection_ca",    "tenant",   "remote",   "ssh_key"};
    return kNames;
}

ReadSettings readSettings(const Properties& properties, WallTime now) {
    return Reader(properties, now).read();
}

}  // namespace pcg::appliance
