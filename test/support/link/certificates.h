// SPDX-License-Identifier: Apache-2.0
// Certificates for tests, made in memory: a CA, leaves good and bad in one known way. P-256 unless
// RSA is asked for. Not for production: the keys live in plain strings.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace pcg::test {

struct Pem {
    std::string certificate;
    std::string key;
};

struct LeafOptions {
    std::string commonName = "leaf";
    std::vector<std::string> dnsNames = {"localhost"};
    std::vector<std::string> addresses = {"127.0.0.1"};
    std::string extendedKeyUsage = "serverAuth";
    int validFromDays = -1;
    int validToDays = 30;
    bool rsa = false;
};

class TestCa {
  public:
    explicit TestCa(const std::string& commonName = "Test CA");
    ~TestCa();

    const std::string& pem() const { return pem_; }

    Pem issue(const LeafOptions& options = {}) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
    std::string pem_;
};

Pem selfSigned(const LeafOptions& options = {});

}  // namespace pcg::test
