//! Times that a text speaks of: "last week", "in March", "two months ago", "5 May 2023".
//!
//! English only: what it does not know is no time, and what is found by its words is found without it, too.

use std::{ops::Range, sync::LazyLock};

use regex::{Captures, Regex};

use crate::Timestamp;

/// From when to when, the end not included.
pub type Span = Range<Timestamp>;

/// Times of a text at most.
const SPANS: usize = 4;

const DAY: i64 = 86_400_000;

/// Years that are looked back for "in March": none before Discord.
const FIRST_YEAR: i64 = 2015;

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const COUNTS: [&str; 12] =
    ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

const MONTH: &str = r"(?P<month>january|jan|february|feb|march|mar|april|apr|may|june|jun|july|jul|august|aug|september|sept|sep|october|oct|november|nov|december|dec)";

/// Which days are meant: from one to another, the last not included.
type Reading = fn(&Captures<'_>, Today) -> Option<(i64, i64)>;

/// One way to say a time. The first ones win where several fit.
struct Way {
    pattern: Regex,
    read: Reading,
}

/// The day, as days since 1970 there where the question is asked.
#[derive(Clone, Copy)]
struct Today(i64);

impl Today {
    const fn year(self) -> i64 {
        civil(self.0).0
    }
}

static WAYS: LazyLock<Vec<Way>> = LazyLock::new(|| {
    let day = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?";
    let year = r"(?P<year>20\d\d)";
    let ways: [(String, Reading); 14] = [
        (r"\b(?P<year>20\d\d)-(?P<number>\d{1,2})(?:-(?P<day>\d{1,2}))?\b".to_owned(), numbers),
        (format!(r"\b{day}(?: of)? {MONTH}\b(?:,? {year}\b)?"), date),
        (format!(r"\b{MONTH} {day}\b(?:,? {year}\b)?"), date),
        (format!(r"\b{MONTH},? (?:of )?{year}\b"), month),
        (format!(r"\b(?:in|during|since|of|last|this|early|mid|late|by|until|before|after)[ -]{MONTH}\b"), month),
        (r"\b(?P<which>last|this|in(?: the)?|during(?: the)?) (?P<season>spring|summer|autumn|fall|winter)\b(?: (?:of )?(?P<year>20\d\d)\b)?".to_owned(), season),
        (r"\b(?:the )?day before yesterday\b".to_owned(), |_, today| Some((today.0 - 2, today.0 - 1))),
        (r"\b(?:yesterday|last night)\b".to_owned(), |_, today| Some((today.0 - 1, today.0))),
        (r"\b(?:today|this morning|this afternoon|this evening|tonight)\b".to_owned(), |_, today| Some((today.0, today.0 + 1))),
        (r"\b(?P<count>\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|a couple of|a few) (?P<unit>day|week|month|year)s? (?:ago|back|earlier)\b".to_owned(), ago),
        (r"\b(?:in |over |during )?the (?:last|past) (?P<count>\d{1,3}|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|couple of|few) (?P<unit>day|week|month|year)s\b".to_owned(), past),
        (r"\b(?P<which>last|this|past) (?P<unit>week(?:end)?|month|year)\b".to_owned(), unit),
        (r"\b(?:on|last|this) (?P<weekday>monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b".to_owned(), weekday),
        (r"\b(?:in |during |of |since |throughout )(?P<year>20\d\d)\b".to_owned(), whole_year),
    ];
    ways.into_iter()
        .filter_map(|(pattern, read)| Some(Way { pattern: Regex::new(&pattern).ok()?, read }))
        .collect()
});

/// The times that a text speaks of, given when it was written and the writer's offset from UTC in minutes. What lies
/// in the future, and what is no time, is left out.
pub fn spans(text: &str, now: Timestamp, utc_offset_minutes: i32) -> Vec<Span> {
    let mut text = text.to_lowercase();
    let offset = i64::from(utc_offset_minutes) * 60_000;
    let today = Today((now.0.saturating_add(offset)).div_euclid(DAY));
    let mut spans = Vec::new();
    for way in WAYS.iter() {
        while let Some(found) = way.pattern.captures(&text) {
            let Some(whole) = found.get(0) else { break };
            let read = (way.read)(&found, today);
            if let Some((from, until)) = read.filter(|(from, until)| from < until && *from <= today.0) {
                spans.push(at(from, offset)..at(until, offset));
            }
            if spans.len() >= SPANS {
                return spans;
            }
            // What was read as a whole date is not read as a month once more.
            let range = whole.range();
            text.replace_range(range.clone(), &"~".repeat(range.len()));
        }
    }
    spans
}

fn at(day: i64, offset: i64) -> Timestamp {
    Timestamp(day.saturating_mul(DAY).saturating_sub(offset))
}

fn number(found: &Captures<'_>, name: &str) -> Option<i64> {
    found.name(name)?.as_str().parse().ok()
}

/// The number of the month that is named, from 1.
fn named_month(found: &Captures<'_>) -> Option<i64> {
    let name = found.name("month")?.as_str();
    let index = MONTHS.iter().position(|month| name.starts_with(month))?;
    i64::try_from(index + 1).ok()
}

/// The newest year in which a day of the year is not in the future.
fn newest_year(month: i64, day: i64, today: Today) -> i64 {
    let year = today.year();
    if days(year, month, day) <= today.0 { year } else { year - 1 }
}

fn numbers(found: &Captures<'_>, _: Today) -> Option<(i64, i64)> {
    let (year, month) = (number(found, "year")?, number(found, "number")?);
    if !(1..=12).contains(&month) {
        return None;
    }
    match number(found, "day") {
        Some(day) if (1..=31).contains(&day) => Some((days(year, month, day), days(year, month, day) + 1)),
        Some(_) => None,
        None => Some(whole_month(year, month)),
    }
}

fn date(found: &Captures<'_>, today: Today) -> Option<(i64, i64)> {
    let (month, day) = (named_month(found)?, number(found, "day")?);
    if !(1..=31).contains(&day) {
        return None;
    }
    let year = number(found, "year").unwrap_or_else(|| newest_year(month, day, today));
    let first = days(year, month, day);
    (year >= FIRST_YEAR).then_some((first, first + 1))
}

fn month(found: &Captures<'_>, today: Today) -> Option<(i64, i64)> {
    let month = named_month(found)?;
    let year = number(found, "year").unwrap_or_else(|| newest_year(month, 1, today));
    Some(whole_month(year, month))
}

fn season(found: &Captures<'_>, today: Today) -> Option<(i64, i64)> {
    let first = match found.name("season")?.as_str() {
        "spring" => 3,
        "summer" => 6,
        "autumn" | "fall" => 9,
        _ => 12,
    };
    let year = number(found, "year").unwrap_or_else(|| {
        let year = newest_year(first, 1, today);
        // "Last summer" in July is not the one that goes on.
        let (_, end) = season_of(year, first);
        let last = found.name("which").is_some_and(|which| which.as_str() == "last");
        if last && end > today.0 { year - 1 } else { year }
    });
    Some(season_of(year, first))
}

fn season_of(year: i64, first: i64) -> (i64, i64) {
    let (end_year, end) = if first == 12 { (year + 1, 3) } else { (year, first + 3) };
    (days(year, first, 1), days(end_year, end, 1))
}

/// Around so many days, weeks, months or years ago: the longer ago, the less exactly people say it.
fn ago(found: &Captures<'_>, today: Today) -> Option<(i64, i64)> {
    let count = count(found)?;
    Some(match found.name("unit")?.as_str() {
        "day" => (today.0 - count, today.0 - count + 1),
        "week" => (today.0 - 7 * count - 3, today.0 - 7 * count + 4),
        "month" => months_back(today, count),
        _ => (days(today.year() - count, 1, 1), days(today.year() - count + 1, 1, 1)),
    })
}

fn past(found: &Captures<'_>, today: Today) -> Option<(i64, i64)> {
    let length = match found.name("unit")?.as_str() {
        "day" => 1,
        "week" => 7,
        "month" => 31,
        _ => 366,
    };
    Some((today.0 - length * count(found)?, today.0 + 1))
}

fn unit(found: &Captures<'_>, today: Today) -> Option<(i64, i64)> {
    let back = i64::from(found.name("which")?.as_str() != "this");
    // 1 January 1970 was a Thursday.
    let monday = today.0 - (today.0 + 3).rem_euclid(7) - 7 * back;
    Some(match found.name("unit")?.as_str() {
        "week" => (monday, monday + 7),
        "weekend" => (monday + 5, monday + 7),
        "month" => months_back(today, back),
        _ => (days(today.year() - back, 1, 1), days(today.year() - back + 1, 1, 1)),
    })
}

/// The last such day before today.
fn weekday(found: &Captures<'_>, today: Today) -> Option<(i64, i64)> {
    let name = found.name("weekday")?.as_str();
    let index = i64::try_from(WEEKDAYS.iter().position(|day| name.starts_with(day))?).ok()?;
    let back = ((today.0 + 3).rem_euclid(7) - index - 1).rem_euclid(7) + 1;
    Some((today.0 - back, today.0 - back + 1))
}

fn whole_year(found: &Captures<'_>, _: Today) -> Option<(i64, i64)> {
    let year = number(found, "year")?;
    Some((days(year, 1, 1), days(year + 1, 1, 1)))
}

fn count(found: &Captures<'_>) -> Option<i64> {
    let said = found.name("count")?.as_str();
    match said {
        "a" | "an" => Some(1),
        "a couple of" | "couple of" => Some(2),
        "a few" | "few" => Some(3),
        _ => said.parse().ok().or_else(|| {
            let index = COUNTS.iter().position(|count| *count == said)?;
            i64::try_from(index + 1).ok()
        }),
    }
}

fn months_back(today: Today, back: i64) -> (i64, i64) {
    let (year, month, _) = civil(today.0);
    let months = year * 12 + month - 1 - back;
    whole_month(months.div_euclid(12), months.rem_euclid(12) + 1)
}

fn whole_month(year: i64, month: i64) -> (i64, i64) {
    let (next_year, next) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    (days(year, month, 1), days(next_year, next, 1))
}

/// Days since 1970 of a day in the Gregorian calendar, in which years begin in March so that the leap day is the last.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a number of days since 1970.
const fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days - era * 146_097;
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Thursday, 16 November 2023, noon in UTC.
    const NOW: Timestamp = Timestamp(1_700_136_000_000);

    fn said(text: &str) -> Vec<String> {
        let day = |time: Timestamp| {
            let (year, month, day) = civil(time.0.div_euclid(DAY));
            format!("{year}-{month:02}-{day:02}")
        };
        spans(text, NOW, 0).into_iter().map(|span| format!("{}/{}", day(span.start), day(span.end))).collect()
    }

    #[test]
    fn what_people_say() {
        let table = [
            ("What did we talk about yesterday?", "2023-11-15/2023-11-16"),
            ("what happened last week", "2023-11-06/2023-11-13"),
            ("plans from last weekend", "2023-11-11/2023-11-13"),
            ("What did Ann do in March?", "2023-03-01/2023-04-01"),
            ("in December", "2022-12-01/2023-01-01"),
            ("in May 2022", "2022-05-01/2022-06-01"),
            ("on 5 May, 2023", "2023-05-05/2023-05-06"),
            ("on May 5th", "2023-05-05/2023-05-06"),
            ("2023-05", "2023-05-01/2023-06-01"),
            ("2023-05-07", "2023-05-07/2023-05-08"),
            ("on Monday", "2023-11-13/2023-11-14"),
            ("last Thursday", "2023-11-09/2023-11-10"),
            ("two months ago", "2023-09-01/2023-10-01"),
            ("3 days ago", "2023-11-13/2023-11-14"),
            ("a year ago", "2022-01-01/2023-01-01"),
            ("over the past two weeks", "2023-11-02/2023-11-17"),
            ("last summer", "2023-06-01/2023-09-01"),
            ("last winter", "2022-12-01/2023-03-01"),
            ("in 2022", "2022-01-01/2023-01-01"),
            ("this month", "2023-11-01/2023-12-01"),
        ];
        for (text, span) in table {
            assert_eq!(said(text), [span], "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in
            ["", "may I come?", "the march of the ants", "room 2023", "the 40th of May 2023", "2023-13"]
        {
            assert_eq!(said(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn a_day_is_the_writers_own() {
        // Half past eleven in the evening of the 15th in New York.
        let late = Timestamp(1_700_109_000_000);
        let spans = spans("today", late, -300);
        assert!(spans[0].contains(&late));
        assert_eq!(spans[0].start, Timestamp(1_700_024_400_000));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn days_and_dates_are_one(day in -1_000_000_i64..1_000_000) {
            let (year, month, of_month) = civil(day);
            prop_assert_eq!(days(year, month, of_month), day);
        }

        #[test]
        fn any_text_has_few_spans_that_do_not_begin_in_the_future(text in "\\PC{0,60}", offset in -800..800) {
            let spans = spans(&text, NOW, offset);
            prop_assert!(spans.len() <= SPANS);
            prop_assert!(spans.iter().all(|span| span.start < span.end && span.start.0 <= NOW.0 + DAY));
        }
    }
}
