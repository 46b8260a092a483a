// SPDX-License-Identifier: Apache-2.0
// One SQLite file behind Poco Data, with the settings that make a committed row survive a power
// cut.
//
// WAL, synchronous=FULL, foreign keys, secure_delete (a removed secret is overwritten),
// trusted_schema off, temporary data in memory only, file mode 0600. Values never become part of
// the statement's text. Blocks on the disk, so it belongs to one store::Worker thread (or to a
// program that has no loop); not thread-safe.
#pragma once

#include "common/base/result.h"
#include "common/store/value.h"

#include <chrono>
#include <filesystem>
#include <initializer_list>
#include <memory>

namespace pcg::store {

class Envelope;

class Database {
  public:
    struct Options {
        std::chrono::milliseconds busyTimeout{5000};
    };

    // Makes the file if it is missing. Refuses (store.corrupt, store.permissions) what it cannot
    // trust.
    static Result<std::unique_ptr<Database>> open(std::filesystem::path file, Options options);
    static Result<std::unique_ptr<Database>> open(std::filesystem::path file);

    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    // One statement, values for its '?' in order. The whole answer is kept in memory: bound it with
    // LIMIT.
    Result<Rows> query(std::string_view sql, std::initializer_list<Value> values = {});
    Result<std::optional<Row>> queryOne(std::string_view sql,
                                        std::initializer_list<Value> values = {});

    // The number of rows it changed.
    Result<std::size_t> execute(std::string_view sql, std::initializer_list<Value> values = {});

    bool inTransaction() const { return inTransaction_; }

    const std::filesystem::path& file() const { return file_; }

    // The keys over this database's sealed values live and end with it, so that whoever may ask for
    // a row can open it. Null until adopt().
    Envelope& adopt(std::unique_ptr<Envelope> keys);

    Envelope* envelope() const { return envelope_.get(); }

  private:
    friend class Transaction;
    struct Session;

    Database(std::filesystem::path file, std::unique_ptr<Session> session);
    Result<> configure(const Options& options);
    Result<> check();
    Result<Rows> run(std::string_view sql,
                     std::initializer_list<Value> values,
                     std::size_t& changed);

    std::filesystem::path file_;
    std::unique_ptr<Session> session_;
    std::shared_ptr<Envelope> envelope_;  // shared: its type is not known here
    bool inTransaction_ = false;
};

// BEGIN IMMEDIATE ... COMMIT; rolled back when it is destroyed without a commit. They do not nest.
class Transaction {
  public:
    static Result<Transaction> begin(Database& database);

    Transaction(Transaction&& other) noexcept;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();

    // After it returned without an error the rows are on the disk.
    Result<> commit();

  private:
    explicit Transaction(Database& database) : database_(&database) {}

    Database* database_;
};

// Result<T> work(); everything it did is kept if it succeeds, nothing if it fails.
template <class Work>
auto transact(Database& database, Work&& work) -> decltype(work()) {
    auto transaction = PCG_TRY(Transaction::begin(database));
    auto result = std::forward<Work>(work)();
    if (!result) return result;
    PCG_TRY(transaction.commit());
    return result;
}

}  // namespace pcg::store
