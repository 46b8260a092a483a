// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/portal_files.h"

#include "test/fakes/fake_exchange.h"
#include "test/support/temp_dir.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace pcg::controlplane::rest {
namespace {

class Portal : public ::testing::Test {
  protected:
    Portal() {
        write("index.html", "<!doctype html>");
        write("favicon.svg", "<svg/>");
        write("assets/portal-5XHDSA7K.js", "plain");
        write("assets/portal-5XHDSA7K.js.gz", "gzip");
        write("assets/portal-5XHDSA7K.js.br", "brotli");
        write("assets/orphan.js.gz", "gzip");
    }

    void write(const std::string& name, const std::string& text) {
        const auto file = dir_.path() / "portal" / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text;
    }

    test::FakeExchange ask(const std::string& target,
                           const http::HeaderList& headers = {},
                           const std::string& method = "GET") {
        const auto files = PortalFiles::load(dir_.path() / "portal");
        EXPECT_TRUE(files) << files.error().message();
        test::FakeExchange exchange({method, target, headers, {}});
        net::Loop loop;
        net::asio::co_spawn(loop, files->serve(exchange), net::asio::detached);
        loop.run();
        return exchange;
    }

    static std::string header(const test::FakeExchange& exchange, std::string_view name) {
        const auto* value = exchange.answer.headers.find(name);
        return value == nullptr ? std::string() : *value;
    }

    test::TempDir dir_;
};

TEST_F(Portal, APageOfTheApplicationIsAnsweredWithTheIndexAndAskedForEachTime) {
    for (const auto* path : {"/", "/index.html", "/gateways", "/gateways/gw_1?tab=keys"}) {
        const auto page = ask(path);
        EXPECT_EQ(page.answer.status, 200) << path;
        EXPECT_EQ(page.answerBody, "<!doctype html>");
        EXPECT_EQ(header(page, "Cache-Control"), "no-cache");
        EXPECT_EQ(header(page, "Content-Type"), "text/html; charset=utf-8");
    }
}

TEST_F(Portal, EveryAnswerCarriesThePolicyAlsoARefusal) {
    for (const auto* path : {"/", "/assets/portal-5XHDSA7K.js", "/missing.js"}) {
        const auto answer = ask(path);
        EXPECT_EQ(header(answer, "Content-Security-Policy"),
                  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                  "font-src 'self'; connect-src 'self'; form-action 'self'; object-src 'none'; "
                  "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
                  "trusted-types 'none'");
        EXPECT_EQ(header(answer, "X-Content-Type-Options"), "nosniff");
        EXPECT_EQ(header(answer, "Referrer-Policy"), "no-referrer");
        EXPECT_EQ(header(answer, "Cross-Origin-Opener-Policy"), "same-origin");
    }
}

TEST_F(Portal, AHashedFileIsCachedForEverAndSentInTheBestFormThatTheClientTakes) {
    const std::string path = "/assets/portal-5XHDSA7K.js";

    EXPECT_EQ(header(ask(path), "Cache-Control"), "public, max-age=31536000, immutable");
    EXPECT_EQ(ask(path).answerBody, "plain");
    EXPECT_EQ(ask(path, {{"Accept-Encoding", "gzip"}}).answerBody, "gzip");
    EXPECT_EQ(ask(path, {{"Accept-Encoding", "gzip, br"}}).answerBody, "brotli");
    EXPECT_EQ(ask(path, {{"Accept-Encoding", "br;q=0, gzip;q=0.5"}}).answerBody, "gzip");
    EXPECT_EQ(header(ask(path, {{"Accept-Encoding", "br"}}), "Content-Encoding"), "br");
    EXPECT_EQ(header(ask("/favicon.svg"), "Cache-Control"), "no-cache");
}

TEST_F(Portal, WhatTheClientHasIsNotSentAgain) {
    const auto etag = header(ask("/"), "ETag");

    const auto again = ask("/", {{"If-None-Match", etag}});

    EXPECT_EQ(again.answer.status, 304);
    EXPECT_TRUE(again.answerBody.empty());
}

TEST_F(Portal, NothingOutsideTheFolderIsServed) {
    std::ofstream(dir_.path() / "secret.txt") << "secret";
    std::filesystem::create_symlink(dir_.path() / "secret.txt",
                                    dir_.path() / "portal" / "link.txt");

    for (const auto* path : {"/../secret.txt",
                             "/link.txt",
                             "/%2e%2e/secret.txt",
                             "/assets/orphan.js",
                             "//secret.txt"}) {
        const auto answer = ask(path);
        EXPECT_EQ(answer.answer.status, 404) << path;
        EXPECT_EQ(answer.answerBody.find("secret\n"), std::string::npos);
    }
}

TEST_F(Portal, OnlyReadingIsAnswered) {
    const auto answer = ask("/", {}, "POST");

    EXPECT_EQ(answer.answer.status, 405);
    EXPECT_EQ(header(answer, "Allow"), "GET, HEAD");
}

TEST_F(Portal, AFolderWithoutAnIndexIsRefusedWithWhatToDo) {
    std::filesystem::remove(dir_.path() / "portal" / "index.html");

    const auto files = PortalFiles::load(dir_.path() / "portal");

    ASSERT_FALSE(files);
    EXPECT_NE(files.error().message().find("index.html"), std::string::npos);
    EXPECT_FALSE(PortalFiles::load(dir_.path() / "nowhere"));
}

}  // namespace
}  // namespace pcg::controlplane::rest
