// SPDX-License-Identifier: Apache-2.0
#include "common/config/schema.h"

#include <gtest/gtest.h>

namespace pcg::config {
namespace {

TEST(ConfigSchema, WritesItsKeysAsATable) {
    const Schema schema({
        {.name = "state_dir", .description = "Where it keeps its state.", .need = Need::Required},
        {.name = "wait_ms",
         .type = Type::Integer,
         .description = "How long.",
         .fallback = "250",
         .min = 1,
         .max = 900},
        {.name = "level",
         .type = Type::Choice,
         .description = "How much.",
         .fallback = "b",
         .choices = {"a", "b"}},
        {.name = "label", .description = "A name."},
    });

    EXPECT_EQ(schema.markdown(),
              "| Key | Type | Default | Meaning |\n"
              "|---|---|---|---|\n"
              "| `state_dir` | text | required | Where it keeps its state. |\n"
              "| `wait_ms` | integer, 1 to 900 | `250` | How long. |\n"
              "| `level` | `a`, `b` | `b` | How much. |\n"
              "| `label` | text | none | A name. |\n");
}

TEST(ConfigSchemaDeathTest, StopsOnADefaultThatItsOwnKeyWouldRefuse) {
    EXPECT_DEATH(Schema({{.name = "n",
                          .type = Type::Integer,
                          .description = "x",
                          .fallback = "0",
                          .min = 1,
                          .max = 2}}),
                 "defaultFits");
}

}  // namespace
}  // namespace pcg::config
