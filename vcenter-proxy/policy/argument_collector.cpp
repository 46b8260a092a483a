// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/policy/argument_collector.h"

#include "common/base/text.h"
#include "vcenter-proxy/policy/datastore_text.h"

#include <algorithm>
#include <array>

namespace pcg::policy {
namespace {

// What cloud-init and its kin read: worth a digest. Others may be short secrets, which a digest
// would give away.
constexpr std::array<std::string_view, 4> kUserData{"guestinfo.userdata",
                                                    "guestinfo.metadata",
                                                    "guestinfo.vendordata",
                                                    "guestinfo.ignition.config.data"};

constexpr std::array<std::string_view, 16> kPlaces{"folder",
                                                   "datastore",
                                                   "pool",
                                                   "resourcePool",
                                                   "host",
                                                   "network",
                                                   "vm",
                                                   "target",
                                                   "destinationFolder",
                                                   "storagePod",
                                                   "parentFolder",
                                                   "entity",
                                                   "datacenter",
                                                   "sourceDatacenter",
                                                   "destDatacenter",
                                                   "destinationDatacenter"};

constexpr std::string_view kPort = "port ";

bool isUserData(std::string_view key) {
    return std::find(kUserData.begin(), kUserData.end(), key) != kUserData.end();
}

template <std::size_t N>
bool isAmong(const std::array<std::string_view, N>& words, std::string_view word) {
    return !word.empty() && std::find(words.begin(), words.end(), word) != words.end();
}

std::string_view withoutBlanksBefore(std::string_view text) {
    const auto whole = trimAscii(text);
    return whole.empty() ? whole
                         : text.substr(static_cast<std::size_t>(whole.data() - text.data()));
}

// Whatever stands below is not even looked at.
bool isSecret(std::string_view element) {
    constexpr std::array<std::string_view, 5> kSigns{
        "assword", "ecret", "oken", "rivateKey", "assphrase"};
    return std::any_of(kSigns.begin(), kSigns.end(), [&](std::string_view sign) {
        return element.find(sign) != std::string_view::npos;
    });
}

}  // namespace

ArgumentCollector::Word ArgumentCollector::wordOf(std::string_view element) {
    struct Named {
        std::string_view name;
        Word word;
    };

    static constexpr std::array<Named, 15> kWords{{{"extraConfig", Word::ExtraConfig},
                                                   {"config", Word::Config},
                                                   {"configSpec", Word::Config},
                                                   {"spec", Word::Spec},
                                                   {"child", Word::Child},
                                                   {"backing", Word::Backing},
                                                   {"key", Word::Key},
                                                   {"value", Word::Value},
                                                   {"name", Word::Name},
                                                   {"newName", Word::NewName},
                                                   {"deviceName", Word::DeviceName},
                                                   {"portgroupKey", Word::PortgroupKey},
                                                   {"destinationPortgroupKey", Word::PortgroupKey},
                                                   {"portKey", Word::PortKey},
                                                   {"opaqueNetworkId", Word::OpaqueNetworkId}}};
    for (const auto& one : kWords) {
        if (one.name == element) return one.word;
    }
    return isAmong(kPlaces, element) ? Word::Place : Word::Other;
}

ArgumentCollector::Capture ArgumentCollector::captureFor(Word word,
                                                         std::string_view type,
                                                         std::string_view xsi_type) const {
    const bool setting = parent() == Word::ExtraConfig || parent() == Word::Config;
    if (word == Word::Key && setting) return Capture::Key;
    if (word == Word::Value && setting) return Capture::Value;
    if (!type.empty() || xsi_type.ends_with("ManagedObjectReference") || word == Word::Place) {
        return Capture::Reference;
    }
    const bool argument = stack_.size() == 1;
    const bool made =
        argument || parent() == Word::Config || parent() == Word::Spec || parent() == Word::Child;
    if (word == Word::NewName || (word == Word::Name && made)) return Capture::Name;
    if (word == Word::DeviceName && card_depth_ > 0) return Capture::Network;
    if (word == Word::PortKey) return Capture::Port;
    if (word == Word::PortgroupKey || word == Word::OpaqueNetworkId) return Capture::Network;
    return Capture::Any;
}

template <class T>
void ArgumentCollector::keep(std::vector<T>& list, T item) {
    if (std::find(list.begin(), list.end(), item) != list.end()) return;
    if (list.size() >= Arguments::kMostItems) {
        arguments_.overfull = true;
        return;
    }
    list.push_back(std::move(item));
}

void ArgumentCollector::begin(Capture capture) {
    capture_ = capture;
    captured_at_ = stack_.size();
    captured_.clear();
    too_long_ = false;
    marked_ = false;
}

void ArgumentCollector::start(std::string_view element,
                              std::string_view type,
                              std::string_view xsi_type) {
    // Text with elements in it: an object that is more than its id is nothing that we know. Some
    // arguments share a name with one ("host", "network") and are structures.
    if (capture_ == Capture::Reference && !reference_.type.empty()) arguments_.overfull = true;
    if (capture_ == Capture::Key || capture_ == Capture::Network || capture_ == Capture::Port)
        arguments_.overfull = true;
    capture_ = Capture::None;
    const Word word = wordOf(element);
    stack_.push_back(word);
    if (secret_depth_ == 0 && isSecret(element)) secret_depth_ = stack_.size();
    if (secret_depth_ > 0) return;
    // By its place, too: a vCenter knows what stands there without the type.
    if (element == "service" || xsi_type.find("ServiceLocator") != std::string_view::npos)
        arguments_.elsewhere = true;
    if (word == Word::ExtraConfig || word == Word::Config) key_.clear();
    // Each kind of switch has a backing of its own; their names begin alike.
    const bool card = xsi_type.find("EthernetCard") != std::string_view::npos || xsi_type.empty();
    if (word == Word::Backing && card && card_depth_ == 0) {
        card_depth_ = stack_.size();
        // Without its type it may be anything's.
        card_is_named_ = xsi_type.empty();
    }
    begin(captureFor(word, type, xsi_type));
    if (capture_ == Capture::Reference) {
        reference_ = {std::string(element.substr(0, 64)), std::string(type.substr(0, 64)), {}};
    }
    if (capture_ == Capture::Value) {
        value_size_ = 0;
        digest_.reset();
        if (isUserData(key_)) digest_.emplace();
    }
}

void ArgumentCollector::text(std::string_view text) {
    if (capture_ == Capture::None || captured_at_ != stack_.size()) return;
    if (capture_ == Capture::Value) {
        value_size_ += text.size();
        if (digest_) digest_->update(text);
        return;
    }
    // Only its beginning tells whether it names a datastore; blanks before it are none of it.
    if (capture_ == Capture::Any && captured_.empty()) text = withoutBlanksBefore(text);
    if (captured_.size() + text.size() > kLongestText) {
        too_long_ = true;
        if (capture_ != Capture::Any) return;
        text = text.substr(0, kLongestText - captured_.size());
    }
    captured_.append(text);
}

void ArgumentCollector::mark() {
    if (captured_at_ == stack_.size()) marked_ = true;
}

void ArgumentCollector::finishValue() {
    auto key = std::move(key_);
    key_.clear();
    if (key.empty()) return;
    auto& settings = arguments_.extra_config;
    const auto last = std::find_if(settings.rbegin(),
                                   settings.rend(),
                                   [&](const ExtraSetting& one) { return one.key == key; });
    if (last == settings.rend()) return;
    last->size = value_size_;
    if (digest_) last->sha256 = toHex(digest_->finish());
}

void ArgumentCollector::finishAny() {
    const auto text = trimAscii(captured_);
    // An object's `type` may be left out; its id gives it away.
    if (isObjectId(text)) return keep(arguments_.references, Reference{"", "", std::string(text)});
    keepDatastores(text);
}

void ArgumentCollector::keepDatastores(std::string_view text) {
    auto found = datastoresIn(text, too_long_);
    arguments_.overfull = arguments_.overfull || found.odd;
    for (auto& name : found.datastores) keep(arguments_.datastores, std::move(name));
    for (auto& path : found.datacenters) keep(arguments_.datacenters, std::move(path));
}

// A port of a distributed switch belongs to the group that is named beside it; alone it is a
// network of its own, which a rule must name ("port 137").
void ArgumentCollector::finishNetwork(Capture capture, const std::string& text) {
    if (text.empty()) return;
    card_is_named_ = true;
    const std::size_t holder = stack_.size() - 1;
    if (capture == Capture::Network) {
        group_depth_ = stack_.back() == Word::PortgroupKey ? holder : group_depth_;
        return keep(arguments_.networks, text);
    }
    // Two keys in one place, and the arguments themselves, which hold each of them.
    if (port_depth_ != 0 && port_depth_ != holder) arguments_.overfull = true;
    if (port_depth_ != 0 || holder == 0)
        return keep(arguments_.networks, std::string(kPort) + text);
    port_depth_ = holder;
    port_ = text;
}

void ArgumentCollector::endPort() {
    if (port_depth_ == stack_.size()) {
        if (group_depth_ != port_depth_) keep(arguments_.networks, std::string(kPort) + port_);
        port_depth_ = 0;
    }
    if (group_depth_ == stack_.size()) group_depth_ = 0;
}

void ArgumentCollector::endBacking() {
    if (card_depth_ != stack_.size()) return;
    // Connected to something that nobody here knows.
    if (!card_is_named_) arguments_.overfull = true;
    card_depth_ = 0;
    card_is_named_ = false;
}

void ArgumentCollector::finish() {
    const Capture capture = capture_;
    capture_ = Capture::None;
    if (too_long_ && capture != Capture::Any) {
        arguments_.overfull = true;
        return;
    }
    const std::string text(trimAscii(captured_));
    if (marked_ && !text.empty() && capture != Capture::Value) arguments_.overfull = true;
    switch (capture) {
        case Capture::None:
            return;
        case Capture::Reference:
            if (text.empty()) return;
            reference_.id = text;
            card_is_named_ = card_is_named_ || mayBe(reference_, Kind::Network);
            return keep(arguments_.references, std::move(reference_));
        case Capture::Key:
            key_ = toLowerAscii(text);
            return keep(arguments_.extra_config, ExtraSetting{key_, {}, 0});
        case Capture::Value:
            return finishValue();
        case Capture::Name:
            // Of directories and disks the name is where they are.
            keepDatastores(text);
            return keep(arguments_.names, text);
        case Capture::Network:
        case Capture::Port:
            return finishNetwork(capture, text);
        case Capture::Any:
            return finishAny();
    }
}

void ArgumentCollector::end() {
    if (capture_ != Capture::None && captured_at_ == stack_.size()) finish();
    capture_ = Capture::None;
    if (stack_.empty()) return;
    if (secret_depth_ == stack_.size()) secret_depth_ = 0;
    endPort();
    endBacking();
    stack_.pop_back();
}

}  // namespace pcg::policy
