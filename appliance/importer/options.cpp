// SPDX-License-Identifier: Apache-2.0
#include "appliance/importer/options.h"

#include "common/base/bytes.h"
#include "common/base/text.h"

#include <algorithm>
#include <functional>

#include "appliance/importer/errc.h"

namespace pcg::appliance {
namespace {

struct Option {
    std::string_view name;
    std::string_view value;  // empty: a flag
    std::string_view help;
    std::function<Result<>(ImportOptions&, const std::string&)> take;
};

tl::unexpected<Error> usage(const std::string& sentence) { return fail(errc::kUsage, sentence); }

template <class T>
auto into(T ImportOptions::* member) {
    return [member](ImportOptions& to, const std::string& value) -> Result<> {
        to.*member = value;
        return {};
    };
}

auto flag(bool ImportOptions::* member, bool value) {
    return [member, value](ImportOptions& to, const std::string&) -> Result<> {
        to.*member = value;
        return {};
    };
}

auto number(unsigned ImportOptions::* member, unsigned least, unsigned most, std::string name) {
    return [=](ImportOptions& to, const std::string& value) -> Result<> {
        const auto parsed = parseUnsigned(value);
        if (!parsed || *parsed < least || *parsed > most) {
            return usage(name + " takes a number from " + std::to_string(least) + " to " +
                         std::to_string(most) + ".");
        }
        to.*member = static_cast<unsigned>(*parsed);
        return {};
    };
}

Result<std::pair<std::string, std::string>> nameAndRest(std::string_view option,
                                                        const std::string& text) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
        return usage(std::string(option) + " takes NAME=..., for example hostname=dc1.");
    return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

Result<> takeProperty(ImportOptions& to, const std::string& text) {
    auto pair = PCG_TRY(nameAndRest("--property", text));
    if (pair.first.find("password") != std::string::npos) {
        return usage("--property " + pair.first +
                     ": every user of this machine can read a command line. Give it with "
                     "--property-file " +
                     pair.first + "=FILE or --properties FILE.");
    }
    to.properties.push_back(std::move(pair));
    return {};
}

Result<> takePropertyFile(ImportOptions& to, const std::string& text) {
    to.propertyFiles.push_back(PCG_TRY(nameAndRest("--property-file", text)));
    return {};
}

Result<> takeName(ImportOptions& to, const std::string& name) {
    const bool plain = std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    });
    if (name.empty() || name.size() > 64 || !plain || name.front() == '.' || name.front() == '-')
        return usage("--name takes letters, digits, -, _ and ., at most 64.");
    to.machine.name = name;
    return {};
}

auto network(NetworkKind kind) {
    return [kind](ImportOptions& to, const std::string& name) -> Result<> {
        to.machine.network = kind;
        to.machine.networkName = name;
        return {};
    };
}

Result<> takeFirmware(ImportOptions& to, const std::string& word) {
    if (word != "bios" && word != "uefi") return usage("--firmware takes bios or uefi.");
    to.firmware = word;
    return {};
}

Result<> takeSigner(ImportOptions& to, const std::string& text) {
    auto hex = toLowerAscii(text);
    std::erase(hex, ':');
    const auto octets = fromHex(hex);
    if (!octets || octets->size() != 32)
        return usage("--signer-sha256 takes the 64 hex digits of a SHA-256; colons are allowed.");
    to.signerSha256 = hex;
    return {};
}

Result<> takeSerialLog(ImportOptions& to, const std::string& file) {
    if (!file.starts_with('/')) return usage("--serial-log takes an absolute path.");
    to.machine.serialLog = file;
    return {};
}

const std::vector<Option>& options() {
    static const std::vector<Option> kOptions{
        {"--check",
         "",
         "Only look at the OVA: manifest, signature, schema. Needs no libvirt.",
         flag(&ImportOptions::checkOnly, true)},
        {"--signer-sha256",
         "HEX",
         "Only an OVA whose signer's certificate has this SHA-256.",
         takeSigner},
        {"--signer-ca",
         "FILE",
         "Only an OVA whose signer's certificate is by an authority in this PEM file.",
         into(&ImportOptions::signerCaFile)},
        {"--unsigned",
         "",
         "Also an OVA without a signature.",
         flag(&ImportOptions::allowUnsigned, true)},
        {"--name", "NAME", "What the machine is called in libvirt (pcg-gateway).", takeName},
        {"--connect",
         "URI",
         "libvirt's address, for example qemu:///system; else its default.",
         into(&ImportOptions::connect)},
        {"--property", "NAME=VALUE", "A property, as docs/appliance.md lists them.", takeProperty},
        {"--property-file",
         "NAME=FILE",
         "A property whose value is a file's content: ca, ssh_key, proxy_password.",
         takePropertyFile},
        {"--properties",
         "FILE",
         "Properties as lines NAME=VALUE; - reads standard input.",
         into(&ImportOptions::propertiesFile)},
        {"--network",
         "NAME",
         "libvirt's network to be in (default).",
         network(NetworkKind::Libvirt)},
        {"--bridge", "NAME", "Or: the host's bridge.", network(NetworkKind::Bridge)},
        {"--user-network",
         "",
         "Or: QEMU's own, outbound only. For trying it, also in a session without rights.",
         network(NetworkKind::User)},
        {"--cpus",
         "N",
         "Virtual CPUs; else as the OVA says.",
         number(&ImportOptions::cpus, 1, 64, "--cpus")},
        {"--memory",
         "MIB",
         "Memory; else as the OVA says.",
         number(&ImportOptions::memoryMib, 512, 1024 * 1024, "--memory")},
        {"--firmware", "WHAT", "bios or uefi; else as the OVA says.", takeFirmware},
        {"--disk",
         "FILE",
         "Where the disk is put (NAME.qcow2 among libvirt's images).",
         into(&ImportOptions::diskFile)},
        {"--serial-log", "FILE", "The serial console goes to this file, too.", takeSerialLog},
        {"--no-start",
         "",
         "Define the machine, do not start it.",
         flag(&ImportOptions::start, false)},
        {"--force",
         "",
         "Go on although the value of a property is wrong.",
         flag(&ImportOptions::force, true)},
        {"--json", "", "Say the result as JSON.", flag(&ImportOptions::json, true)},
        {"--help", "", "This text.", flag(&ImportOptions::help, true)},
    };
    return kOptions;
}

const Option* find(std::string_view name) {
    const auto found =
        std::ranges::find_if(options(), [name](const Option& one) { return one.name == name; });
    return found == options().end() ? nullptr : &*found;
}

tl::unexpected<Error> unknown(const std::string& word) {
    std::vector<std::string> known;
    for (const auto& option : options()) known.emplace_back(option.name);
    const auto meant = didYouMean(word, known);
    return usage("\"" + word + "\" is not an option." +
                 (meant ? " Did you mean " + *meant + "?" : " See: pcg-import --help."));
}

}  // namespace

Result<ImportOptions> parseImportOptions(const std::vector<std::string>& arguments) {
    ImportOptions out;
    out.machine.name = "pcg-gateway";
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const auto& word = arguments[i];
        if (word == "-h") {
            out.help = true;
        } else if (!word.starts_with("--")) {
            if (!out.ova.empty()) return usage("Two OVAs are named; one is imported at a time.");
            out.ova = word;
        } else {
            const auto* option = find(word);
            if (option == nullptr) return unknown(word);
            const bool takes = !option->value.empty();
            if (takes && i + 1 >= arguments.size())
                return usage(word + " needs a value: " + std::string(option->value) + ".");
            PCG_TRY(option->take(out, takes ? arguments[++i] : std::string()));
        }
    }
    if (!out.help && out.ova.empty()) return usage("Which OVA? See: pcg-import --help.");
    return out;
}

std::string importHelp() {
    std::string text =
        "pcg-import: checks the appliance's OVA and makes a machine of it on KVM with libvirt.\n\n"
        "Usage: pcg-import --check OVA\n"
        "       pcg-import OVA [--name NAME] [--property NAME=VALUE]... [OPTIONS]\n\nOptions:\n";
    for (const auto& option : options()) {
        auto name = "  " + std::string(option.name) + " " + std::string(option.value);
        name.resize(std::max<std::size_t>(name.size() + 1, 30), ' ');
        text += name + std::string(option.help) + "\n";
    }
    return text + "\nExit codes: 0 done, 1 refused or failed (nothing is left behind), 2 usage.\n";
}

}  // namespace pcg::appliance
