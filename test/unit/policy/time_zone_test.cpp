// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <ctime>

#include "policy_fixture.h"

namespace pcg::policy {
namespace {

WallTime at(int year, unsigned month, unsigned day, int hour, int minute = 0) {
    using namespace std::chrono;
    return sys_days(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day)) +
           hours(hour) + minutes(minute);
}

std::shared_ptr<const TimeZone> zone(const std::string& name) {
    auto found = systemZone(name);
    EXPECT_TRUE(found) << found.error().message();
    return found ? *found : nullptr;
}

int hoursAt(const std::string& name, WallTime when) {
    return static_cast<int>(
        std::chrono::duration_cast<std::chrono::hours>(zone(name)->offsetAt(when)).count());
}

TEST(TimeZone, KnowsSummerAndWinterNowAndInTheFarFuture) {
    EXPECT_EQ(hoursAt("Europe/Berlin", at(2026, 1, 15, 12)), 1);
    EXPECT_EQ(hoursAt("Europe/Berlin", at(2026, 7, 15, 12)), 2);
    EXPECT_EQ(hoursAt("Europe/Berlin", at(2060, 1, 15, 12)), 1);
    EXPECT_EQ(hoursAt("Europe/Berlin", at(2060, 7, 15, 12)), 2);
    EXPECT_EQ(hoursAt("Australia/Sydney", at(2060, 1, 15, 12)), 11);
    EXPECT_EQ(hoursAt("Australia/Sydney", at(2060, 7, 15, 12)), 10);
    EXPECT_EQ(hoursAt("America/New_York", at(2026, 11, 21, 12)), -5);
    EXPECT_EQ(hoursAt("UTC", at(2026, 11, 21, 12)), 0);
    EXPECT_EQ(hoursAt("Asia/Tokyo", at(2050, 7, 1, 0)), 9);
}

TEST(TimeZone, AgreesWithTheSystemAtEveryWeekOfTwentyYears) {
    for (const auto* name :
         {"Europe/Berlin", "America/Sao_Paulo", "Asia/Kolkata", "Africa/Cairo"}) {
        const auto table = zone(name);
        ::setenv("TZ", name, 1);
        ::tzset();
        for (auto when = at(2019, 1, 1, 0); when < at(2039, 1, 1, 0);
             when += std::chrono::hours(167)) {
            const std::time_t second = std::chrono::system_clock::to_time_t(when);
            std::tm local{};
            ::localtime_r(&second, &local);
            ASSERT_EQ(table->offsetAt(when).count(), local.tm_gmtoff) << name << " " << second;
        }
    }
    ::unsetenv("TZ");
    ::tzset();
}

TEST(TimeZone, RefusesNamesThatLeadElsewhereAndTablesThatAreNone) {
    for (const auto* name :
         {"", "/etc/passwd", "../passwd", "Europe/..", "Europe//Berlin", "Nowhere", "a b"})
        EXPECT_FALSE(systemZone(name)) << name;
    EXPECT_FALSE(TimeZone::parse(asBytes("TZif")));
    Bytes huge(200, 0xff);
    std::copy_n("TZif2", 5, huge.begin());
    EXPECT_FALSE(TimeZone::parse(huge));
}

TEST(Window, IsOpenInItsOwnZone) {
    const auto policy = test::policyOf(
        R"({"version":1,"windows":{"office":{"days":["mon-fri"],"from":"08:00","to":"18:00","time_zone":"Europe/Berlin"},
            "night":{"days":["fri"],"from":"22:00","to":"06:00","time_zone":"UTC"},
            "weekend":{"days":["sat-mon"],"time_zone":"UTC"}}})");
    ASSERT_TRUE(policy);
    const auto& office = *policy->windows[0];
    EXPECT_TRUE(office.isOpen(at(2026, 11, 20, 7)));  // a Friday, 08:00 in Berlin
    EXPECT_FALSE(office.isOpen(at(2026, 11, 20, 6, 59)));
    EXPECT_FALSE(office.isOpen(at(2026, 11, 20, 17)));
    EXPECT_TRUE(office.isOpen(at(2026, 7, 17, 6)));     // in summer an hour earlier
    EXPECT_FALSE(office.isOpen(at(2026, 11, 21, 12)));  // a Saturday
    const auto& night = *policy->windows[1];
    EXPECT_TRUE(night.isOpen(at(2026, 11, 20, 23)));
    EXPECT_TRUE(night.isOpen(at(2026, 11, 21, 5, 59)));  // still Friday's
    EXPECT_FALSE(night.isOpen(at(2026, 11, 20, 5)));
    EXPECT_FALSE(night.isOpen(at(2026, 11, 21, 23)));
    const auto& weekend = *policy->windows[2];
    EXPECT_TRUE(weekend.isOpen(at(2026, 11, 23, 12)));  // Monday
    EXPECT_FALSE(weekend.isOpen(at(2026, 11, 24, 12)));
}

}  // namespace
}  // namespace pcg::policy
