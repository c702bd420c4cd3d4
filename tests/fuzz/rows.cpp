// Results whose rows say anything: the file is whole and its digests are right, so that all readers get
// to see them. The input is a list of edits.
#include <fuzzer/FuzzedDataProvider.h>

#include <fstream>
#include <iterator>

#include "tests/fuzz/input.hpp"
#include "tests/fuzz/results.hpp"
#include "tests/support/temp_dir.hpp"

using namespace fluence;

namespace {

struct Table {
  std::string name, key;
  std::vector<std::string> columns;
};

// Results to start from, and where they are changed.
struct Results {
  Results() {
    fuzz::write_results(dir.path());
    SQLite::Database db((dir.path() / kResultsFile).string());
    // The last column of the primary key.
    for (auto& [name, key] :
         std::initializer_list<std::pair<const char*, const char*>>{{"manifest", "key"},
                                                                    {"scenario", "id"},
                                                                    {"baseline", "network"},
                                                                    {"trial", "trial"},
                                                                    {"upset", "number"},
                                                                    {"failure", "trial"}}) {
      auto& table = tables.emplace_back(Table{name, key, {}});
      for (SQLite::Statement info(db, "PRAGMA table_info(" + table.name + ")"); info.executeStep();) {
        table.columns.push_back(info.getColumn(1).getString());
      }
    }
    std::ifstream in(dir.path() / kResultsFile, std::ios::binary);
    content.assign(std::istreambuf_iterator<char>(in), {});
  }
  void restore() const { std::ofstream(dir.path() / kResultsFile, std::ios::binary) << content; }

  test::TempDir dir;
  std::vector<Table> tables;
  std::string content;
};

void edit(SQLite::Database& db, const Results& results, FuzzedDataProvider& input) {
  const auto& table =
      results.tables[input.ConsumeIntegralInRange<std::size_t>(0, results.tables.size() - 1)];
  const auto& column =
      table.columns[input.ConsumeIntegralInRange<std::size_t>(0, table.columns.size() - 1)];
  SQLite::Statement update(db, "UPDATE OR REPLACE " + table.name + " SET " + column + " = ? WHERE " +
                                   table.key + " = (SELECT " + table.key + " FROM " + table.name +
                                   " LIMIT 1 OFFSET ?)");
  switch (input.ConsumeIntegralInRange(0, 3)) {
    case 0: update.bind(1, input.ConsumeIntegralInRange<std::int64_t>(-3, 20)); break;
    case 1: update.bind(1, input.ConsumeIntegral<std::int64_t>()); break;
    case 2: update.bind(1, input.ConsumeFloatingPoint<double>()); break;
    default: update.bind(1, input.ConsumeRandomLengthString(40)); break;
  }
  update.bind(2, input.ConsumeIntegralInRange(0, 9));
  static_cast<void>(update.tryExecuteStep());  // what the schema refuses is not there
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Results results;
  results.restore();
  {
    SQLite::Database db((results.dir.path() / kResultsFile).string(), SQLite::OPEN_READWRITE);
    db.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
    FuzzedDataProvider input(data, size);
    SQLite::Transaction transaction(db);
    while (input.remaining_bytes() > 0) {
      edit(db, results, input);
    }
    Ledger(db).recount_all();
    transaction.commit();
  }
  return fuzz::read_results(results.dir.path());
}
