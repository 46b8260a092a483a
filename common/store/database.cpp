// SPDX-License-Identifier: Apache-2.0
#include "common/store/database.h"

#include "common/base/assert.h"
#include "common/store/envelope.h"
#include "common/store/errc.h"

#include <Poco/Data/LOB.h>
#include <Poco/Data/RecordSet.h>
#include <Poco/Data/SQLite/Connector.h>
#include <Poco/Data/SQLite/SQLiteException.h>
#include <Poco/Data/Session.h>
#include <Poco/Data/Statement.h>

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pcg::store {
namespace {

namespace data = Poco::Data;
namespace sqlite = Poco::Data::SQLite;

// SQLite would make the file with the process's umask; it gets its mode before the first byte
// instead, and -wal and -shm take over the mode of the main file.
Result<> prepareFile(const std::filesystem::path& file) {
    const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return fail(kIo,
                    "The database " + file.string() + " cannot be opened for writing: " +
                        std::strerror(errno) + ". Check the directory, its owner and the disk.");
    }
    struct stat status{};
    const bool known = ::fstat(fd, &status) == 0;
    ::close(fd);
    if (!known || !S_ISREG(status.st_mode)) {
        return fail(
            kIo, "The database " + file.string() + " is not a regular file. Choose another path.");
    }
    if ((status.st_mode & 077) != 0) {
        return fail(kPermissions,
                    "The database " + file.string() +
                        " can be opened by other users. Run: chmod 600 " + file.string());
    }
    return {};
}

void bindValue(data::Statement& statement, const Value& value) {
    using Poco::Data::Keywords::bind;

    struct Binder {
        data::Statement& to;

        void operator()(std::monostate) const {
            to.addBind(bind(data::NullData(Poco::NULL_GENERIC)));
        }

        void operator()(std::int64_t number) const { to.addBind(bind(Poco::Int64(number))); }

        void operator()(const std::string& text) const { to.addBind(bind(text)); }

        void operator()(const Bytes& bytes) const {
            to.addBind(bind(data::BLOB(bytes.data(), bytes.size())));
        }
    };

    std::visit(Binder{statement}, value.held());
}

Value columnValue(const Poco::Dynamic::Var& column) {
    if (column.isEmpty()) return nullptr;
    if (column.type() == typeid(data::BLOB)) {
        const auto& blob = column.extract<data::BLOB>();
        return BytesView(blob.rawContent(), blob.size());
    }
    if (column.isInteger()) return column.convert<std::int64_t>();
    return column.convert<std::string>();
}

Rows collect(data::Statement& statement) {
    Rows rows;
    if (statement.columnsExtracted() == 0) return rows;
    const data::RecordSet records(statement);
    rows.reserve(records.rowCount());
    for (std::size_t r = 0; r < records.rowCount(); ++r) {
        std::vector<Value> values;
        values.reserve(records.columnCount());
        for (std::size_t c = 0; c < records.columnCount(); ++c) {
            values.push_back(columnValue(records.value(c, r)));
        }
        rows.emplace_back(std::move(values));
    }
    return rows;
}

bool hasNul(const Value& value) {
    const auto* text = std::get_if<std::string>(&value.held());
    return text != nullptr && text->find('\0') != std::string::npos;
}

// Called inside a catch block only.
Error currentError(const std::filesystem::path& file) {
    const auto named = [&](ErrorCode code, const std::string& what, const char* next) {
        return Error(code, "The database " + file.string() + ": " + what + ". " + next);
    };
    try {
        throw;
    } catch (const sqlite::ConstraintViolationException& e) {
        return named(kConstraint, e.message(), "Choose another value.");
    } catch (const sqlite::CorruptImageException& e) {
        return named(
            kCorrupt, "damaged: " + e.message(), "Restore a backup of the state directory.");
    } catch (const sqlite::DatabaseFullException& e) {
        return named(kIo, e.message(), "Free some space on the disk.");
    } catch (const sqlite::DBLockedException&) {
        return named(kBusy, "locked by another process", "Stop that process, or try again.");
    } catch (const sqlite::TableLockedException&) {
        return named(kBusy, "locked by another process", "Stop that process, or try again.");
    } catch (const sqlite::InvalidSQLStatementException& e) {
        return named(kSql, e.message(), "This is a defect of the program; please report it.");
    } catch (const Poco::Exception& e) {
        const bool foreign = e.displayText().find("not a database") != std::string::npos;
        if (foreign)
            return named(kCorrupt, "not an SQLite database", "Restore a backup, or move it away.");
        return named(kIo, e.displayText(), "Check the disk.");
    } catch (const std::exception& e) {
        return named(kIo, e.what(), "Check the disk and the memory.");
    }
}

}  // namespace

struct Database::Session {
    data::Session poco;
};

Database::Database(std::filesystem::path file, std::unique_ptr<Session> session)
    : file_(std::move(file)), session_(std::move(session)) {}

Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(std::filesystem::path file) {
    return open(std::move(file), Options{});
}

Result<std::unique_ptr<Database>> Database::open(std::filesystem::path file, Options options) {
    PCG_TRY(prepareFile(file));
    std::unique_ptr<Session> session;
    try {
        sqlite::Connector::registerConnector();
        session = std::make_unique<Session>(Session{data::Session("SQLite", file.string())});
    } catch (const std::exception&) {
        return fail(currentError(file));
    }
    std::unique_ptr<Database> database(new Database(std::move(file), std::move(session)));
    PCG_TRY(database->configure(options));
    PCG_TRY(database->check());
    return database;
}

Envelope& Database::adopt(std::unique_ptr<Envelope> keys) {
    envelope_ = std::move(keys);
    return *envelope_;
}

Result<> Database::configure(const Options& options) {
    PCG_TRY(query("PRAGMA busy_timeout=" + std::to_string(options.busyTimeout.count())));
    const auto mode = PCG_TRY(queryOne("PRAGMA journal_mode=WAL"));
    if (!mode || mode->text(0) != "wal") {
        return fail(kIo,
                    "The database " + file_.string() +
                        " cannot use a write-ahead log there. Put it on a local disk.");
    }
    for (const auto* pragma : {"PRAGMA synchronous=FULL",
                               "PRAGMA foreign_keys=ON",
                               "PRAGMA temp_store=MEMORY",
                               "PRAGMA trusted_schema=OFF",
                               "PRAGMA cell_size_check=ON",
                               "PRAGMA secure_delete=ON"}) {
        PCG_TRY(query(pragma));
    }
    return {};
}

Result<> Database::check() {
    const auto verdict = PCG_TRY(queryOne("PRAGMA quick_check(1)"));
    if (verdict && verdict->text(0) == "ok") return {};
    return fail(kCorrupt,
                "The database " + file_.string() +
                    " is damaged: " + (verdict ? verdict->text(0) : "no answer to quick_check") +
                    ". Restore a backup of the state directory.");
}

Result<Rows> Database::run(std::string_view sql,
                           std::initializer_list<Value> values,
                           std::size_t& changed) {
    for (const auto& value : values) {
        if (hasNul(value)) {
            return fail(kConstraint,
                        "A text with a NUL character cannot be stored. Remove the character.");
        }
    }
    try {
        data::Statement statement(session_->poco);
        statement << std::string(sql);
        for (const auto& value : values) bindValue(statement, value);
        changed = statement.execute();
        return collect(statement);
    } catch (const std::exception&) {
        return fail(currentError(file_));
    }
}

Result<Rows> Database::query(std::string_view sql, std::initializer_list<Value> values) {
    std::size_t ignored = 0;
    return run(sql, values, ignored);
}

Result<std::optional<Row>> Database::queryOne(std::string_view sql,
                                              std::initializer_list<Value> values) {
    auto rows = PCG_TRY(query(sql, values));
    PCG_ASSERT(rows.size() <= 1);
    if (rows.empty()) return std::nullopt;
    return std::optional<Row>(std::move(rows.front()));
}

Result<std::size_t> Database::execute(std::string_view sql, std::initializer_list<Value> values) {
    std::size_t changed = 0;
    PCG_TRY(run(sql, values, changed));
    return changed;
}

Result<Transaction> Transaction::begin(Database& database) {
    PCG_ASSERT(!database.inTransaction_);
    PCG_TRY(database.execute("BEGIN IMMEDIATE"));
    database.inTransaction_ = true;
    return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
    if (database_ == nullptr) return;
    database_->inTransaction_ = false;
    // SQLite may have rolled back by itself (disk full); then this has nothing to do and says so.
    [[maybe_unused]] const auto rolledBack = database_->execute("ROLLBACK");
}

Result<> Transaction::commit() {
    PCG_ASSERT(database_ != nullptr);
    PCG_TRY(database_->execute("COMMIT"));
    std::exchange(database_, nullptr)->inTransaction_ = false;
    return {};
}

}  // namespace pcg::store
