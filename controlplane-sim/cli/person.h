// SPDX-License-Identifier: Apache-2.0
// Whoever sits before the terminal that `pcg` was started on. Blocks until there is an answer.
#pragma once

#include "common/base/result.h"
#include "common/base/secret.h"

#include <string>

namespace pcg::controlplane::cli {

class Person {
  public:
    virtual ~Person() = default;

    // Whether there is somebody to ask.
    virtual bool isThere() const = 0;

    // What is typed without being shown; cli.usage when nothing is, or nobody is there.
    virtual Result<Secret> password(const std::string& question) = 0;

    // Only "y" and "yes" are a yes.
    virtual bool agrees(const std::string& question) = 0;

    // For a person only: not a part of the answer.
    virtual void tell(const std::string& sentence) = 0;
};

// The controlling terminal (/dev/tty), whatever standard input and output are.
class TerminalPerson final : public Person {
  public:
    // `mute`: a program is at the other end, which is asked nothing.
    explicit TerminalPerson(bool mute);
    ~TerminalPerson() override;
    TerminalPerson(const TerminalPerson&) = delete;
    TerminalPerson& operator=(const TerminalPerson&) = delete;

    bool isThere() const override { return terminal_ >= 0; }

    Result<Secret> password(const std::string& question) override;
    bool agrees(const std::string& question) override;
    void tell(const std::string& sentence) override;

  private:
    int terminal_;  // -1: none
};

}  // namespace pcg::controlplane::cli
