// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/cli/commands.h"

#include "common/base/text.h"

#include <algorithm>
#include <array>

namespace pcg::controlplane::cli {
namespace {

constexpr std::string_view kKeys = "/api/v1/gateways/{GATEWAY}/endpoints/{ENDPOINT}/keys";
constexpr std::string_view kEndpoints = "/api/v1/gateways/{GATEWAY}/endpoints";
constexpr std::string_view kEndpoint = "/api/v1/gateways/{GATEWAY}/endpoints/{ENDPOINT}";
constexpr std::string_view kScale = "control_plane_count=#--control-planes worker_count=#--workers";
constexpr std::string_view kAuditFilter =
    "from=--from to=--to actor=--actor action=--action target=--target outcome=--outcome q=--q";

// clang-format off
constexpr std::array<Command, 48> kCommands{{
    {"gateways", "list", "", "GET", "/api/v1/gateways", "", "q=--q state=--state kind=--kind",
     "id name kind state version", "the tenant's gateways"},
    {"gateways", "show", "GATEWAY", "GET", "/api/v1/gateways/{GATEWAY}", "", "", "", "one gateway"},
    {"gateways", "rename", "GATEWAY NAME", "PATCH", "/api/v1/gateways/{GATEWAY}", "name=NAME", "", "",
     "give it another name"},
    {"gateways", "release", "GATEWAY", "DELETE", "/api/v1/gateways/{GATEWAY}", "", "", "",
     "unbind it; it forgets the tenant"},
    {"gateways", "recover", "GATEWAY", "POST", "/api/v1/gateways/{GATEWAY}/recovery", "", "", "",
     "vouch for one whose certificate ended"},
    {"gateways", "timeline", "GATEWAY", "GET", "/api/v1/gateways/{GATEWAY}/timeline", "", "",
     "at severity kind text", "what happened to it"},
    {"gateways", "audit-heads", "GATEWAY", "GET", "/api/v1/gateways/{GATEWAY}/audit-heads", "", "",
     "kind place digest at", "how far its own audit went, for pcgctl audit verify --heads-file"},

    {"users", "list", "", "GET", "/api/v1/users", "", "", "username role last_sign_in_at", "who may sign in"},
    {"users", "show", "USERNAME", "GET", "/api/v1/users/{USERNAME}", "", "", "", "one user"},
    {"users", "add", "USERNAME", "POST", "/api/v1/users", "username=USERNAME role=--role", "", "",
     "make a user; prints the password once"},
    {"users", "role", "USERNAME", "PATCH", "/api/v1/users/{USERNAME}", "role=--role", "", "", "give another role"},
    {"users", "remove", "USERNAME", "DELETE", "/api/v1/users/{USERNAME}", "", "", "", "with tokens and sessions"},
    {"users", "reset-password", "USERNAME", "POST", "/api/v1/users/{USERNAME}/reset-password", "", "", "",
     "prints a new password once; revokes their tokens"},

    {"tokens", "list", "", "GET", "/api/v1/tokens", "", "", "id label role username expires_at last_used_at",
     "API tokens"},
    {"tokens", "add", "LABEL", "POST", "/api/v1/tokens", "label=LABEL role=--role expires_in_s=#--expires-in", "", "",
     "make a token; prints it once"},
    {"tokens", "remove", "TOKEN", "DELETE", "/api/v1/tokens/{TOKEN}", "", "", "", "by its id"},

    {"endpoints", "list", "GATEWAY", "GET", kEndpoints, "", "", "id name kind state ingress_url",
     "what the gateway proxies"},
    {"endpoints", "add", "GATEWAY NAME", "POST", kEndpoints,
     "kind=--kind address=--address username=--username password=--password-file api_key=--api-key-file ca=--ca-file "
     "pin=--pin-sha256", "", "",
     "register a vCenter or, with --kind maas, a MAAS; asks for the password or API key", Dialogue::AddEndpoint},
    {"endpoints", "show", "GATEWAY ENDPOINT", "GET", kEndpoint, "", "", "", "one endpoint"},
    {"endpoints", "inventory", "GATEWAY ENDPOINT", "GET", "/api/v1/gateways/{GATEWAY}/endpoints/{ENDPOINT}/inventory", "",
     "kind=--kind", "id name path", "what there is of a --kind: templates, machines, images, ..."},
    {"endpoints", "check", "GATEWAY ENDPOINT", "POST", "/api/v1/gateways/{GATEWAY}/endpoints/{ENDPOINT}/check", "", "",
     "", "look at it now"},
    {"endpoints", "approve", "GATEWAY ENDPOINT [SHA256]", "POST",
     "/api/v1/gateways/{GATEWAY}/endpoints/{ENDPOINT}/certificate", "", "", "",
     "accept this certificate, or the one that is shown", Dialogue::Approve},
    {"endpoints", "credentials", "GATEWAY ENDPOINT", "PATCH", kEndpoint,
     "address=--address username=--username password=--password-file api_key=--api-key-file", "", "",
     "replace the vCenter's user and password, or the MAAS's API key", Dialogue::ChangeCredentials},
    {"endpoints", "remove", "GATEWAY ENDPOINT", "DELETE", kEndpoint, "", "", "", "with its access keys"},

    {"keys", "list", "GATEWAY ENDPOINT", "GET", kKeys, "", "", "id label role expires_at last_used_at", "access keys"},
    {"keys", "add", "GATEWAY ENDPOINT LABEL", "POST", kKeys, "label=LABEL role=--role expires_in_s=#--expires-in", "",
     "", "make a key; prints it once"},
    {"keys", "remove", "GATEWAY ENDPOINT KEY", "DELETE",
     "/api/v1/gateways/{GATEWAY}/endpoints/{ENDPOINT}/keys/{KEY}", "", "", "", "by its id"},

    {"deploy", "list", "", "GET", "/api/v1/deployments", "", "", "id name state progress.done progress.total why",
     "deployments"},
    {"deploy", "show", "DEPLOYMENT", "GET", "/api/v1/deployments/{DEPLOYMENT}", "", "", "", "with its machines"},
    {"deploy", "plan", "FILE", "POST", "/api/v1/deployments/plan", "@FILE", "", "", "what a spec (JSON) would make; with template at a vCenter, image at a MAAS"},
    {"deploy", "create", "FILE", "POST", "/api/v1/deployments", "@FILE", "", "", "make what a spec (JSON) says"},
    {"deploy", "scale", "DEPLOYMENT", "POST", "/api/v1/deployments/{DEPLOYMENT}/scale", kScale, "", "",
     "to other numbers of machines"},
    {"deploy", "retry", "DEPLOYMENT", "POST", "/api/v1/deployments/{DEPLOYMENT}/retry", "", "", "", "what failed"},
    {"deploy", "delete", "DEPLOYMENT", "DELETE", "/api/v1/deployments/{DEPLOYMENT}", "", "", "",
     "and the machines that it made"},
    {"deploy", "abandon", "DEPLOYMENT", "POST", "/api/v1/deployments/{DEPLOYMENT}/abandon", "", "", "",
     "forget one that cannot be deleted; prints what may be left"},

    {"uploads", "list", "", "GET", "/api/v1/uploads", "", "", "id state fetched pushed total source why",
     "objects that gateways fetch and push"},
    {"uploads", "create", "FILE", "POST", "/api/v1/uploads", "@FILE", "", "",
     "order what a file (JSON) says; it holds an access key's secret"},
    {"uploads", "show", "UPLOAD", "GET", "/api/v1/uploads/{UPLOAD}", "", "follow=--follow", "",
     "how far it is; with --follow, until it is over"},
    {"uploads", "cancel", "UPLOAD", "POST", "/api/v1/uploads/{UPLOAD}/cancel", "", "", "", "end it, now"},

    {"audit", "list", "", "GET", "/api/v1/audit", "", kAuditFilter,
     "at actor.name action target.name outcome duration_ms", "who did what"},
    {"audit", "export", "", "GET", "/api/v1/audit/export",
     "", "format=--format from=--from to=--to actor=--actor action=--action target=--target outcome=--outcome q=--q",
     "", "as csv or jsonl"},
    {"audit", "report", "", "GET", "/api/v1/audit/report", "", "from=--from to=--to", "", "sums of a period"},
    {"system-gateways", "list", "", "GET", "/api/v1/system-gateways", "", "", "tenant_id state gateway_id restarts why",
     "run by the platform for tenants (operator's token)"},
    {"system-gateways", "show", "TENANT", "GET", "/api/v1/tenants/{TENANT}/system-gateway", "", "", "", "one tenant's"},
    {"system-gateways", "offer", "TENANT", "PUT", "/api/v1/tenants/{TENANT}/system-gateway", "", "", "",
     "run one for this tenant"},
    {"system-gateways", "withdraw", "TENANT", "DELETE", "/api/v1/tenants/{TENANT}/system-gateway", "", "", "",
     "revoke, stop and wipe it"},
    {"tenants", "list", "", "GET", "/api/v1/tenants", "", "", "id name created_at", "of the platform (operator's token)"},
    {"me", "show", "", "GET", "/api/v1/me", "", "", "", "whose token this is"},
}};
// clang-format on

void addOptions(std::string_view spec, std::vector<std::string>& options) {
    for (const auto item : split(spec, ' ')) {
        const auto at = item.find("--");
        if (at != std::string_view::npos) options.emplace_back(item.substr(at));
    }
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

}  // namespace

std::span<const Command> commands() { return kCommands; }

const Command* findCommand(std::string_view noun, std::string_view verb) {
    const auto wanted = verb.empty() ? std::string_view(noun == "me" ? "show" : "list") : verb;
    const auto found = std::find_if(kCommands.begin(), kCommands.end(), [&](const Command& one) {
        return one.noun == noun && one.verb == wanted;
    });
    return found == kCommands.end() ? nullptr : &*found;
}

std::vector<std::string> nouns() {
    std::vector<std::string> names;
    for (const auto& command : kCommands) {
        if (names.empty() || names.back() != command.noun) names.emplace_back(command.noun);
    }
    return names;
}

std::vector<std::string> verbsOf(std::string_view noun) {
    std::vector<std::string> verbs;
    for (const auto& command : kCommands) {
        if (command.noun == noun) verbs.emplace_back(command.verb);
    }
    return verbs;
}

std::vector<std::string> optionsOf(const Command& command) {
    std::vector<std::string> options;
    addOptions(command.body, options);
    addOptions(command.query, options);
    return options;
}

std::string bashCompletion() {
    std::string script =
        "# bash completion for pcg; use: source <(pcg completion bash)\n"
        "_pcg() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
        "    case $before in\n"
        "        --ca|--token-file|--password-file|--ca-file) COMPREPLY=($(compgen -f -- "
        "\"$word\")); return ;;\n"
        "        --role) COMPREPLY=($(compgen -W 'admin operator auditor inventory "
        "deploy full' -- \"$word\")); return ;;\n"
        "        --kind) COMPREPLY=($(compgen -W 'paired system datacenters clusters hosts "
        "datastores "
        "networks folders templates vms pools zones tags machines images fabrics subnets' -- "
        "\"$word\")); return ;;\n"
        "        --state) COMPREPLY=($(compgen -W 'pairing online offline' -- "
        "\"$word\")); return ;;\n"
        "        --format) COMPREPLY=($(compgen -W 'csv jsonl' -- \"$word\")); return ;;\n"
        "    esac\n"
        "    local words='--server --ca --token-file --json --help'\n"
        "    case $COMP_CWORD in\n"
        "        1) words='pair completion " +
        joined(nouns()) +
        "' ;;\n"
        "        *) case ${COMP_WORDS[1]}/${COMP_WORDS[2]} in\n"
        "            pair/*) words+=' --label' ;;\n";
    for (const auto& command : kCommands) {
        const auto options = optionsOf(command);
        if (options.empty()) continue;
        script += "            " + std::string(command.noun) + "/" + std::string(command.verb) +
                  ") words+=' " + joined(options) + "' ;;\n";
    }
    script +=
        "           esac ;;\n    esac\n    if [ \"$COMP_CWORD\" = 2 ]; then\n"
        "        case ${COMP_WORDS[1]} in\n            completion) words=bash ;;\n";
    for (const auto& noun : nouns()) {
        script += "            " + noun + ") words='" + joined(verbsOf(noun)) + "' ;;\n";
    }
    script +=
        "        esac\n    fi\n    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\n"
        "complete -F _pcg pcg\n";
    return script;
}

}  // namespace pcg::controlplane::cli
