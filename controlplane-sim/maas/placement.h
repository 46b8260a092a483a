// SPDX-License-Identifier: Apache-2.0
// What a specification means at a MAAS: which image, which constraints, which mark. Values and pure
// functions.
#pragma once

#include "common/oauth/form.h"
#include "controlplane-sim/deploy/cloud.h"
#include "controlplane-sim/maas/machine_view.h"

namespace pcg::controlplane::maas {

// "pcg/dp_.../UUID": the agent name that a machine is allocated under.
std::string markOf(const deploy::Identity& identity);

// As `deploy` takes it: "ubuntu/jammy", "custom/mine".
std::string imageName(const codec::json::Object& bootResource);

// Whether a boot resource of this name is what was asked for: its name, or the end of it.
bool isImage(const std::string& name, std::string_view wanted);

// What `allocate` takes.
oauth::Parameters constraintsOf(const deploy::Spec& spec);

// The same, of a machine that was listed; for those that `allocate` would not choose.
bool fits(const MachineView& machine, const deploy::Spec& spec);

// A placement's text, with what it was made from, for people; and its image.
std::string placementText(const deploy::Spec& spec, const std::string& image);
Result<std::string> placedImage(const std::string& placement);

// "install 4y3ha3 pcg/dp_.../UUID"
struct PseudoTask {
    enum class Kind { Install, Release };
    Kind kind;
    std::string vm;
    std::string mark;
};

std::string toText(const PseudoTask& task);
std::optional<PseudoTask> parseTask(std::string_view text);

}  // namespace pcg::controlplane::maas
