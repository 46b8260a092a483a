// SPDX-License-Identifier: Apache-2.0
#include "gateway/ctl/arguments.h"

namespace pcg::gateway::ctl {
namespace {

const Option kUsername{"--username", "USER", "The endpoint's real user."};
const Option kPasswordFile{
    "--password-file", "FILE", "File with the password in its first line; - reads stdin."};
const Option kApiKeyFile{
    "--api-key-file", "FILE", "Instead, of a MAAS: file with its API key, C:T:S; - reads stdin."};
const Option kTunnel{"--tunnel",
                     "HOST:PORT,...",
                     "Where access keys of the role full may tunnel to (CONNECT); none: nowhere."};

// A change of the machine is tried before it is kept.
std::vector<Option> withTrial(std::vector<Option> options) {
    options.push_back(
        {"--within-s", "SECONDS", "How long the control plane may take to be reached (120)."});
    options.push_back({"--keep", "", "Keep it untried."});
    options.push_back(
        {"--force", "", "Also a value that is warned of (used all the same) or wrong (left out)."});
    return options;
}

std::vector<Option> networkOptions() {
    return {{"--hostname", "NAME", "Host name."},
            {"--ipv4", "WHAT", "dhcp, none, or an address with its prefix length."},
            {"--gateway4", "ADDRESS", "The router."},
            {"--ipv6", "WHAT", "auto, none, or an address with its prefix length."},
            {"--gateway6", "ADDRESS", "The router."},
            {"--dns", "LIST", "DNS servers, separated by commas."},
            {"--search", "LIST", "Search domains."},
            {"--ntp", "LIST", "NTP servers."},
            {"--networks", "LIST", "Where endpoints may lie; empty: private networks."}};
}

std::vector<Option> proxyOptions() {
    return {{"--proxy-url", "URL", "http://HOST:PORT; empty: none, nor what belongs to it."},
            {"--username", "USER", "At the proxy."},
            {"--password-file", "FILE", "Its first line; - reads stdin."},
            {"--exceptions", "LIST", "What is reached without it."},
            {"--proxy-ca-file",
             "FILE",
             "Who signs an https:// proxy's certificate, PEM; - reads stdin."}};
}

// Of the machine: an address and the proxy behind it can be tried together only.
std::vector<Option> allOptions() {
    std::vector<Option> options{
        {"--url", "URL", "The control plane."},
        {"--bus", "LIST", "Hosts of the bus; empty: the control plane's host and domain."},
        {"--ca-file", "FILE", "Its authority, PEM; - reads stdin."},
        {"--ca-sha256", "HEX", "Or: SHA-256 of its root's public key."},
        {"--inspection-ca-file",
         "FILE",
         "PEM of a box that inspects TLS: it may read the pairing, nothing later; - reads stdin."},
        {"--tenant", "ID", "The tenant that is expected."},
        {"--remote",
         "WHAT",
         "nothing, endpoints, keys or all, where the admin has not decided (remote)."},
        {"--ssh-key-file", "FILE", "Public keys; - reads stdin."}};
    for (const auto& more : {networkOptions(), proxyOptions()})
        options.insert(options.end(), more.begin(), more.end());
    return options;
}

}  // namespace

std::span<const Verb> verbs() {
    static const std::vector<Verb> kVerbs{
        {"status", "", "What the gateway does and what needs attention.", {}},
        {"pairing show", "", "The pairing code, or the question to answer.", {}},
        {"pairing accept",
         "",
         "Give this gateway to the tenant that asks.",
         {{"--remote",
           "WHAT",
           "What it may administer: nothing, endpoints, keys or all. Asked for at a terminal; else "
           "as configured (nothing)."}}},
        {"pairing reject", "", "Refuse the tenant that asks.", {}},
        {"controlplane check",
         "",
         "Whether the control plane answers now, under the authority that was configured.",
         {}},
        {"unpair",
         "",
         "Give the gateway back: forget the tenant, its endpoints and keys.",
         {{"--yes", "", "Do not ask for the confirmation word."}}},
        {"endpoint add",
         "NAME",
         "Register a vCenter or a MAAS.",
         {{"--kind", "KIND", "vcenter (the default) or maas."},
          {"--url", "URL", "https://HOST[:PORT]", true},
          kUsername,
          kPasswordFile,
          kApiKeyFile,
          {"--ca-file", "FILE", "PEM file of the authority that signs its certificate."},
          {"--pin-sha256", "HEX", "Or: SHA-256 of its certificate, 64 hex digits."},
          {"--ask", "", "Or: show its certificate and wait for endpoint approve."},
          kTunnel}},
        {"endpoint update",
         "NAME",
         "Change an endpoint; what is not named stays.",
         {{"--name", "NEW", "Another name."},
          {"--url", "URL", "Another address."},
          {"--ca-file", "FILE", "PEM file of the authority that signs its certificate."},
          {"--pin-sha256", "HEX", "Or: SHA-256 of its certificate, 64 hex digits."},
          {"--ask", "", "Or: show its certificate and wait for endpoint approve."},
          kTunnel}},
        {"endpoint approve",
         "NAME",
         "Trust the certificate that an endpoint shows now.",
         {{"--sha256", "HEX", "Its SHA-256, as endpoint check shows it.", true}}},
        {"endpoint list", "", "The endpoints and how they fare.", {}},
        {"endpoint check", "NAME", "Look at an endpoint now.", {}},
        {"endpoint credentials",
         "NAME",
         "Replace the real credentials; shows the address that gets them and asks.",
         {kUsername,
          kPasswordFile,
          kApiKeyFile,
          {"--address", "URL", "The endpoint's address, so that nothing is asked."}}},
        {"endpoint remove", "NAME", "Forget an endpoint and its access keys.", {}},
        {"key create",
         "",
         "Make an access key; its password is shown once.",
         {{"--endpoint", "NAME", "For which endpoint.", true},
          {"--role", "ROLE", "inventory, deploy, full, or a role of the policy file.", true},
          {"--label", "TEXT", "What it is for."},
          {"--expires-in-s", "SECONDS", "How long it is good; for ever if not given."}}},
        {"key list", "", "The access keys, without their passwords.", {}},
        {"key revoke", "ID", "End an access key and its sessions.", {}},
        {"remote show", "", "What the tenant may administer from the portal.", {}},
        {"remote allow", "WHAT", "Let the tenant administer: endpoints, keys or all.", {}},
        {"remote deny", "[WHAT]", "Let it no longer: endpoints, keys, or all if not said.", {}},
        {"policy show", "", "The policy file in force, as it was written.", {}},
        {"policy check", "FILE", "Look at a policy file on this machine; asks no gateway.", {}},
        {"policy set", "FILE", "Put a policy file in force, for every request from now on.", {}},
        {"policy remove", "", "Back to the built-in roles.", {}},
        {"policy explain",
         "REQUEST",
         "Which rule decides about a request, and why.",
         {{"--endpoint", "NAME", "At which endpoint."},
          {"--key", "ID", "By which access key."},
          {"--role", "ROLE", "Or: by a key of this role, one of the file's too (default full)."},
          {"--file", "FILE", "By this file instead of the one in force."},
          {"--at-s", "SECONDS", "At this time (date +%s) instead of now."}}},
        {"policy learn",
         "WHAT",
         "on, off: observe requests; show: the policy that allows them.",
         {}},
        {"policy dry-run", "FILE", "What of the observed requests a file would have refused.", {}},
        {"policy read-only",
         "WHAT",
         "on: nothing is changed at any endpoint, from now on; off.",
         {}},
        {"pause",
         "",
         "Cut all access from the SaaS, now, running transfers included.",
         {{"--why", "TEXT", "Kept in the status and the audit."}}},
        {"resume", "", "Let access in again.", {}},
        {"upload list", "", "Uploads by reference, and how far they are.", {}},
        {"upload cancel", "ID", "End an upload, now.", {}},
        {"upload sources", "", "From where uploads may be fetched (upload_sources).", {}},
        {"audit verify",
         "",
         "Whether the audit is as it was written; exit code 1 if not.",
         {{"--heads-file",
           "FILE",
           "Also against heads that were kept elsewhere (pcg gateways audit-heads); - reads "
           "stdin."}}},
        {"audit heads", "", "How far the audit goes, to be kept elsewhere.", {}},
        {"audit", "", "The newest audit lines.", {}},
        {"diagnose", "", "What holds and what does not, with the remedy.", {}, true},
        {"support-bundle",
         "",
         "A tar archive for a support case, without secrets.",
         {{"--out-file", "FILE", "Where (default pcg-support.tar); - is standard output."}},
         true},
        {"network show", "", "On the appliance: addresses, names, time, and where from.", {}, true},
        {"network set",
         "",
         "Change them, several at once; what cuts off the control plane goes back by itself.",
         withTrial(networkOptions()),
         true},
        {"proxy show", "", "The HTTP proxy on the way out.", {}, true},
        {"proxy set", "", "Change it, likewise.", withTrial(proxyOptions()), true},
        {"proxy remove", "", "Go out directly.", withTrial({}), true},
        {"settings show", "", "Every value given at import or changed here.", {}, true},
        {"settings set",
         "",
         "Change any of them, likewise: what belongs together with one command.",
         withTrial(allOptions()),
         true},
        {"settings reset", "[NAME]", "Back to what was said at import.", withTrial({}), true},
        {"console-pin remove", "", "Let the console ask for a new PIN.", {}, true},
        {"reboot", "", "Restart the appliance.", {}, true},
        {"power-off", "", "Switch it off.", {}, true},
        {"factory-reset",
         "",
         "Destroy the keys and everything else, start as imported.",
         {{"--yes", "", "Do not ask for the confirmation word."}},
         true},
    };
    return kVerbs;
}

}  // namespace pcg::gateway::ctl
