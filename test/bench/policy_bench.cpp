// SPDX-License-Identifier: Apache-2.0
// What policy costs a SOAP call: the parsing of its envelope with and without looking at what it
// names, the decision by a file of the largest kind, and the memory of both. CPU time of this
// thread, so that a busy machine does not change it. Prints a table in Markdown; exit code 1 when a
// promise is not kept (50 us and 64 KiB a call).
#include "vcenter-proxy/endpoint/soap_envelope.h"
#include "vcenter-proxy/judge.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include <malloc.h>

namespace pcg::proxy {
namespace {

constexpr double kPromisedMicroseconds = 50;
constexpr double kPromisedKib = 64;

double threadMicroseconds() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

// Of one run, the best of nine rounds: what disturbs only adds.
double costOf(const std::function<void()>& work) {
    constexpr int kRuns = 2000;
    double best = 1e9;
    for (int round = 0; round < 9; ++round) {
        const auto since = threadMicroseconds();
        for (int i = 0; i < kRuns; ++i) work();
        best = std::min(best, (threadMicroseconds() - since) / kRuns);
    }
    return best;
}

double heapKib() { return static_cast<double>(::mallinfo2().uordblks) / 1024; }

std::string contentOf(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (text.empty()) std::exit(2);
    return text;
}

// As many rules as a role may have; the one that speaks of the call is the last.
std::shared_ptr<const policy::Policy> largestPolicy() {
    std::string rules;
    for (std::size_t i = 1; i < policy::kMaxRules; ++i) {
        rules +=
            R"({"soap":["PowerOnVM_Task","PowerOffVM_Task","Destroy_Task","SuspendVM_Task"],"on":["VirtualMachine:vm-)" +
            std::to_string(i) + "\"]},";
    }
    rules +=
        R"({"soap":["CloneVM_Task"],"where":{"folders":["group-v1","group-v2","folder-*"],"names":["*"]}})";
    const auto reading = policy::readPolicy(
        R"({"version":1,"roles":{"r":{"rules":[)" + rules + R"(]}},"assign":[{"role":"r"}]})",
        policyVocabulary());
    if (!reading.ok()) std::exit(2);
    return reading.policy;
}

// The most that is held while a call is read piece by piece, as it comes.
double peakKib(const std::string& body) {
    constexpr std::size_t kPiece = 512;
    const auto before = heapKib();
    double peak = 0;
    SoapEnvelope soap;
    for (std::size_t at = 0; at < body.size(); at += kPiece) {
        if (!soap.feed(asBytes(std::string_view(body).substr(at, kPiece)))) std::exit(2);
        peak = std::max(peak, heapKib() - before);
    }
    if (!soap.finish()) std::exit(2);
    return std::max(peak, heapKib() - before);
}

void feed(SoapEnvelope& soap, const std::string& body) {
    if (!soap.feed(asBytes(body)) || !soap.finish()) std::exit(2);
}

int run(const std::string& folder) {
    EndpointPolicy with;
    with.document = largestPolicy();
    const Principal principal{
        wire::AccessKeyId::unchecked("ak_1"), wire::EndpointId::unchecked("ep_1"), Role::Full};
    const auto decide = [&](const SoapEnvelope& soap) {
        policy::Ask ask;
        ask.method = soap.call()->method;
        ask.object_type = soap.call()->object.type;
        ask.object_id = soap.call()->object.id;
        ask.arguments = &soap.arguments();
        const auto verdict = judge(with,
                                   principal,
                                   ask,
                                   [](Role) { return true; },
                                   {.endpoint = "vc1", .now = WallTime{}});
        if (!verdict) std::exit(2);
    };
    auto small = contentOf(folder + "/govmomi/CloneVM_Task.xml");
    auto large = small;
    large.insert(large.find("</spec>"),
                 "<config><extraConfig><key>guestinfo.userdata</key><value>" +
                     std::string(16 * 1024, 'x') + "</value></extraConfig></config>");
    std::printf(
        "| call | envelope us | and its arguments us | decision us | added us | memory held KiB | "
        "at most KiB "
        "|\n|---|---|---|---|---|---|---|\n");
    bool kept = true;
    for (const auto& [name, body] : {std::pair("CloneVM_Task, 0.6 KiB", small),
                                     std::pair("CloneVM_Task with 16 KiB of user data", large)}) {
        // The same octets where nobody looks at them: what an envelope costs without any policy.
        const auto begin = body.find("<CloneVM_Task");
        const auto end = body.find("</CloneVM_Task>") + 15;
        const auto unseen =
            body.substr(0, body.find("<Body>")) + "<Header><x>" + body.substr(begin, end - begin) +
            "</x></Header><Body><CurrentTime xmlns=\"urn:vim25\"><_this type=\"X\">x</_this>"
            "</CurrentTime></Body></Envelope>";
        const auto costOfEnvelope = [](const std::string& text) {
            return costOf([&] {
                SoapEnvelope soap;
                feed(soap, text);
            });
        };
        const auto without = costOfEnvelope(unseen);
        const auto with_arguments = costOfEnvelope(body);
        SoapEnvelope soap;
        feed(soap, body);
        const auto decision = costOf([&] { decide(soap); });
        const auto before = heapKib();
        SoapEnvelope another;
        feed(another, body);
        decide(another);
        const auto memory = heapKib() - before;
        const auto peak = peakKib(body);
        const auto added = with_arguments - without + decision;
        std::printf("| %s | %.1f | %.1f | %.1f | %.1f | %.1f | %.1f |\n",
                    name,
                    without,
                    with_arguments,
                    decision,
                    added,
                    memory,
                    peak);
        kept = kept && added < kPromisedMicroseconds && std::max(memory, peak) < kPromisedKib;
    }
    return kept ? 0 : 1;
}

}  // namespace
}  // namespace pcg::proxy

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s FOLDER_OF_SOAP_VECTORS\n", argv[0]);
        return 2;
    }
    return pcg::proxy::run(argv[1]);
}
