// SPDX-License-Identifier: Apache-2.0
#include "appliance/importer/import.h"

#include "common/base/clock.h"
#include "common/codec/json.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "appliance/importer/convert.h"
#include "appliance/importer/errc.h"
#include "appliance/importer/given_properties.h"
#include "appliance/importer/hypervisor.h"
#include "appliance/importer/options.h"
#include "appliance/importer/ova.h"
#include "appliance/importer/schema.h"

namespace pcg::appliance {
namespace {

namespace json = codec::json;

constexpr std::size_t kPiece = 1024 * 1024;

struct OpenFile {
    int value = -1;
    struct stat facts{};  // when it was opened

    OpenFile() = default;
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;

    ~OpenFile() {
        if (value >= 0) ::close(value);
    }
};

// One line that is written over at a terminal, and a line a tenth otherwise.
class Progress {
  public:
    Progress(std::ostream& err, std::string what)
        : err_(err), what_(std::move(what)), terminal_(::isatty(STDERR_FILENO) == 1) {}

    void at(int percent) {
        if (percent == last_ || (!terminal_ && percent / 10 == last_ / 10 && last_ >= 0)) return;
        last_ = percent;
        err_ << (terminal_ ? "\r" : "") << what_ << "  " << percent << " %"
             << (terminal_ && percent < 100 ? "" : "\n") << std::flush;
    }

  private:
    std::ostream& err_;
    std::string what_;
    bool terminal_;
    int last_ = -1;
};

tl::unexpected<Error> failFile(const std::string& path, const char* what) {
    return fail(errc::kFile,
                "The file " + path + " cannot be " + what + ": " + std::strerror(errno) + ".");
}

Result<Ova> readOva(const ImportOptions& options, int descriptor, std::ostream& err) {
    struct stat facts{};
    if (::fstat(descriptor, &facts) != 0) return failFile(options.ova, "read");
    if (!S_ISREG(facts.st_mode)) return fail(errc::kFile, options.ova + " is no file.");
    Progress progress(err, "checking the OVA");
    OvaReader reader;
    Bytes piece(kPiece);
    ByteCount done = 0;
    for (;;) {
        const auto got = ::read(descriptor, piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failFile(options.ova, "read");
        if (got == 0) break;
        const auto octets = static_cast<std::size_t>(got);
        PCG_TRY(reader.feed(BytesView(piece).first(octets)));
        done += octets;
        progress.at(static_cast<int>(
            done * 100 / std::max<ByteCount>(static_cast<ByteCount>(facts.st_size), done)));
    }
    auto ova = PCG_TRY(reader.finish());
    PCG_TRY(checkSchema(ova.descriptorText));
    return ova;
}

Result<std::string> readText(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::string text(kMaxEnvironment + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!in.is_open() || in.bad()) return failFile(path, "read");
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > kMaxEnvironment) return fail(errc::kFile, path + " is too large.");
    return text;
}

Result<> checkSigner(const ImportOptions& options, const Ova& ova) {
    if (ova.signer.empty()) {
        if (options.allowUnsigned && options.signerSha256.empty() && options.signerCaFile.empty())
            return {};
        return fail(errc::kUnsigned,
                    "The OVA is not signed: whoever could change its files could change its "
                    "manifest, too. --unsigned takes it all the same.");
    }
    const auto& signer = ova.signer.front();
    if (!options.signerSha256.empty() && toHex(signer.sha256()) != options.signerSha256) {
        return fail(errc::kSigner,
                    "The OVA is signed by \"" + signer.subject() + "\" with the SHA-256 " +
                        toHex(signer.sha256()) + ", not by the one that was asked for.");
    }
    if (options.signerCaFile.empty()) return {};
    const auto pem = PCG_TRY(readText(options.signerCaFile));
    const auto roots = PCG_TRY(crypto::parsePemCertificates(pem));
    const auto trusted = crypto::verifyChain(
        ova.signer, roots, crypto::Purpose::AnyPurpose, SystemClock().wallNow());
    if (trusted) return {};
    return fail(errc::kSigner, "The OVA's signer is not trusted: " + trusted.error().message());
}

Result<Properties> readProperties(const ImportOptions& options, std::istream& in) {
    Properties properties;
    if (options.propertiesFile == "-") {
        std::string text(kMaxEnvironment + 1, '\0');
        in.read(text.data(), static_cast<std::streamsize>(text.size()));
        text.resize(static_cast<std::size_t>(in.gcount()));
        if (text.size() > kMaxEnvironment) return fail(errc::kFile, "Standard input is too large.");
        PCG_TRY(addPropertyLines(text, properties));
    } else if (!options.propertiesFile.empty()) {
        const auto text = PCG_TRY(readText(options.propertiesFile));
        PCG_TRY(addPropertyLines(text, properties));
    }
    for (const auto& [name, value] : options.properties)
        PCG_TRY(addProperty("--property", name, value, properties));
    for (const auto& [name, file] : options.propertyFiles) {
        auto text = PCG_TRY(readText(file));
        while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
        PCG_TRY(addProperty("--property-file", name, text, properties));
    }
    return properties;
}

// The same reading as the machine's own: what it would name on its console is named before there is
// a machine.
Result<> checkProperties(const ImportOptions& options,
                         const Ova& ova,
                         const Properties& properties,
                         std::ostream& err) {
    PCG_TRY(checkNames(properties, ova.descriptor.properties));
    const auto read = readSettings(properties, SystemClock().wallNow());
    for (const auto& problem : read.problems)
        err << "pcg-import: " << problem.code << ": " << problem.subject << ": " << problem.message
            << "\n";
    if (read.problems.empty() || options.force) return {};
    return fail(errc::kProperty,
                "Nothing was made. Change what is named above, or let the machine's console ask "
                "for it: --force.");
}

json::Object toJson(const Ova& ova) {
    json::Array files;
    for (const auto& file : ova.files) {
        json::Object one;
        one.set("name", file.member.name)
            .set("octets", json::Value::ofUnsigned(file.member.size))
            .set("sha256", toHex(file.sha256));
        files.emplace_back(std::move(one));
    }
    json::Object body;
    body.set("product", ova.descriptor.product)
        .set("version", ova.descriptor.version)
        .set("files", std::move(files));
    if (!ova.signer.empty()) {
        json::Object signer;
        signer.set("subject", ova.signer.front().subject())
            .set("sha256", toHex(ova.signer.front().sha256()));
        body.set("signer", std::move(signer));
    }
    return body;
}

void printCheck(const ImportOptions& options, const Ova& ova, std::ostream& out) {
    if (options.json) {
        out << json::write(toJson(ova)) << "\n";
        return;
    }
    out << ova.descriptor.product << " " << ova.descriptor.version << "\n";
    out << "manifest   good, " << ova.files.size() << " files\nschema     good\n";
    if (ova.signer.empty()) {
        out << "signature  none\n";
        return;
    }
    const auto& signer = ova.signer.front();
    out << "signature  good, by \"" << signer.subject() << "\"\n           SHA-256 "
        << toHex(signer.sha256()) << "\n";
    if (options.signerSha256.empty() && options.signerCaFile.empty())
        out << "           Compare it with the publisher's, or let --signer-sha256 do so.\n";
}

Result<std::string> defaultDisk(const std::string& uri, const std::string& name) {
    const bool session = uri.find("/session") != std::string::npos;
    const char* home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe): one thread
    if (session && (home == nullptr || *home != '/'))
        return fail(errc::kUsage, "HOME is not set; say where the disk goes with --disk FILE.");
    const auto folder = session ? std::string(home) + "/.local/share/libvirt/images"
                                : std::string("/var/lib/libvirt/images");
    return folder + "/" + name + ".qcow2";
}

Result<> writeEnvironment(const std::string& path, const Properties& properties) {
    const auto text = environmentXml(properties);
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0) return failFile(path, "made");
    const auto written = ::write(descriptor, text.data(), text.size());
    const bool whole = written == static_cast<ssize_t>(text.size());
    if (::close(descriptor) == 0 && whole) return {};
    ::unlink(path.c_str());
    return failFile(path, "written");
}

// What was made so far, and goes again unless it is kept.
struct Undo {
    std::vector<std::function<void()>> steps{};

    ~Undo() {
        for (auto step = steps.rbegin(); step != steps.rend(); ++step) (*step)();
    }
};

// What is converted is what was checked: the file was not written to in between.
Result<> checkUnchanged(const ImportOptions& options, const OpenFile& archive) {
    struct stat now{};
    const auto& before = archive.facts;
    const bool same = ::fstat(archive.value, &now) == 0 && now.st_size == before.st_size &&
                      now.st_ctim.tv_sec == before.st_ctim.tv_sec &&
                      now.st_ctim.tv_nsec == before.st_ctim.tv_nsec;
    if (same) return {};
    return fail(errc::kFile, options.ova + " was changed while it was imported. Try again.");
}

Result<> makeMachine(const ImportOptions& options,
                     const Ova& ova,
                     const Properties& properties,
                     const OpenFile& archive,
                     std::ostream& out,
                     std::ostream& err) {
    const auto host = PCG_TRY(Hypervisor::connect(options.connect));
    auto machine = options.machine;
    machine.accelerator = PCG_TRY(host.accelerator());
    const auto uri = PCG_TRY(host.uri());
    if (PCG_TRY(host.has(machine.name))) {
        return fail(errc::kExists,
                    "libvirt has a machine " + machine.name + " already; give another --name.");
    }
    machine.cpus = options.cpus != 0 ? options.cpus : ova.descriptor.cpus;
    machine.memoryMib = options.memoryMib != 0 ? options.memoryMib : ova.descriptor.memoryMib;
    machine.efi = options.firmware.empty() ? ova.descriptor.efi : options.firmware == "uefi";
    machine.diskFile =
        options.diskFile.empty() ? PCG_TRY(defaultDisk(uri, machine.name)) : options.diskFile;
    if (!machine.diskFile.starts_with('/'))
        return fail(errc::kUsage, "--disk takes an absolute path.");
    machine.environmentFile = machine.diskFile + ".ovf-env.xml";

    Undo undo;
    Progress progress(err, "converting the disk");
    PCG_TRY(convertDisk({archive.value, ova.disk.member.offset, ova.disk.member.size},
                        machine.diskFile,
                        [&progress](int percent) { progress.at(percent); }));
    undo.steps.emplace_back([&machine] { ::unlink(machine.diskFile.c_str()); });
    PCG_TRY(checkUnchanged(options, archive));
    PCG_TRY(writeEnvironment(machine.environmentFile, properties));
    undo.steps.emplace_back([&machine] { ::unlink(machine.environmentFile.c_str()); });
    PCG_TRY(host.define(domainXml(machine), machine.accelerator != Accelerator::TestDriver));
    undo.steps.emplace_back([&host, &machine] { host.forget(machine.name); });
    if (options.start) PCG_TRY(host.start(machine.name));
    const auto state = PCG_TRY(host.stateOf(machine.name));
    undo.steps.clear();

    if (options.json) {
        auto body = toJson(ova);
        json::Object made;
        made.set("name", machine.name)
            .set("uri", uri)
            .set("state", state)
            .set("disk", machine.diskFile)
            .set("environment", machine.environmentFile);
        out << json::write(body.set("machine", std::move(made))) << "\n";
        return {};
    }
    out << machine.name << " is " << state << " at " << uri << "\n"
        << "disk       " << machine.diskFile << "\nproperties " << machine.environmentFile
        << " (read at every boot)\n"
        << "console    virt-viewer --connect " << uri << " " << machine.name
        << ", or virsh console " << machine.name << "\n";
    return {};
}

Result<> perform(const ImportOptions& options,
                 std::istream& in,
                 std::ostream& out,
                 std::ostream& err) {
    OpenFile archive;
    archive.value = ::open(options.ova.c_str(), O_RDONLY | O_CLOEXEC);
    if (archive.value < 0 || ::fstat(archive.value, &archive.facts) != 0)
        return failFile(options.ova, "opened");
    const auto ova = PCG_TRY(readOva(options, archive.value, err));
    PCG_TRY(checkSigner(options, ova));
    if (options.checkOnly) {
        printCheck(options, ova, out);
        return {};
    }
    const auto properties = PCG_TRY(readProperties(options, in));
    PCG_TRY(checkProperties(options, ova, properties, err));
    return makeMachine(options, ova, properties, archive, out, err);
}

}  // namespace

int runImport(const std::vector<std::string>& arguments,
              std::istream& in,
              std::ostream& out,
              std::ostream& err) {
    const auto options = parseImportOptions(arguments);
    if (!options) {
        err << "pcg-import: " << options.error().message() << "\n";
        return 2;
    }
    if (options->help) {
        out << importHelp();
        return 0;
    }
    const auto done = perform(*options, in, out, err);
    if (done) return 0;
    err << "pcg-import: " << done.error().code().name() << ": " << done.error().message() << "\n";
    return done.error().is(errc::kUsage) ? 2 : 1;
}

}  // namespace pcg::appliance
