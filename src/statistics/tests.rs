//! Nobody can tell of a few people from what is published (promise I2): proven for every company that is small enough to
//! try, by somebody who knows the rule and the directory, and sees the answer.

use std::collections::HashMap;
use std::thread;

use super::rules::{Counts, Figures};

/// A way to publish.
type Rule = fn(&Counts, i16) -> Figures;

/// How many groups anybody could think of.
const GROUPS: usize = 14;

/// Each count, who is not in it, and each difference of two.
fn groups(counts: &Counts) -> [i64; GROUPS] {
    let Counts { members: n, opted_in: a, paired: b, kickoffs_held: c, completed: d } = *counts;
    [a, b, c, d, n - a, n - b, n - c, n - d, a - b, a - c, a - d, b - c, b - d, c - d]
}

/// Every truth in a company of so many members, of whom at most `most` have opted in.
fn truths(members: i64, most: i64) -> impl Iterator<Item = Counts> {
    let parts = |whole: i64| 0..=whole;
    parts(most.min(members)).flat_map(move |opted_in| {
        parts(opted_in).flat_map(move |paired| {
            parts(paired).flat_map(move |kickoffs_held| {
                parts(kickoffs_held).map(move |completed| Counts {
                    members,
                    opted_in,
                    paired,
                    kickoffs_held,
                    completed,
                })
            })
        })
    })
}

/// Over all truths that have the same answer: which groups may, for all that anybody knows, be empty or large enough; and
/// whether all of them may be so at once.
#[derive(Default)]
struct Possible {
    each: [bool; GROUPS],
    all_at_once: bool,
}

fn answers(rule: Rule, members: i64, most: i64, smallest: i16) -> HashMap<Figures, Possible> {
    let mut answers = HashMap::<Figures, Possible>::new();
    for counts in truths(members, most) {
        let harmless = groups(&counts).map(|group| group == 0 || group >= i64::from(smallest));
        let possible = answers.entry(rule(&counts, smallest)).or_default();
        for (each, harmless) in possible.each.iter_mut().zip(harmless) {
            *each |= harmless;
        }
        possible.all_at_once |= !harmless.contains(&false);
    }
    answers
}

/// The answers by which somebody can conclude that a group has some people, and too few.
fn leaks(rule: Rule, members: i64, most: i64, smallest: i16) -> usize {
    answers(rule, members, most, smallest).values().filter(|possible| possible.each.contains(&false)).count()
}

/// Every truth of up to forty who opted in (and a few more: an answer stands for up to four people above it), in companies
/// of about as many, where it matters who is not among them, and of many; and in every company of up to twenty-eight.
#[test]
fn nobody_can_tell_of_a_few_people() {
    let companies = [40, 41, 44, 45, 46, 49, 50, 1000].into_iter().chain(0..=28);
    thread::scope(|scope| {
        for (smallest, companies) in (3..=10).map(|smallest| (smallest, companies.clone())) {
            scope.spawn(move || {
                for members in companies {
                    for (figures, possible) in answers(Figures::published, members, 44, smallest) {
                        let told = format!("{figures:?} of {members}, {smallest} at least");
                        assert!(!possible.each.contains(&false), "{told}");
                        assert!(possible.all_at_once || members < i64::from(smallest), "{told}");
                    }
                }
            });
        }
    });
}

/// The control: other rules that look well leak, and are found.
#[test]
fn rules_that_look_well_are_found_to_leak() {
    let rounding_alone: Rule = |counts, smallest| {
        let figure = |count: i64| Some((count / 5 * 5) as i32).filter(|figure| *figure >= i32::from(smallest));
        Figures {
            opted_in: figure(counts.opted_in),
            paired: figure(counts.paired),
            kickoffs_held: figure(counts.kickoffs_held),
            completed: figure(counts.completed),
        }
    };
    let without_the_directory: Rule =
        |counts, smallest| Figures::published(&Counts { members: 100_000, ..*counts }, smallest);
    // A figure too close to the last that is shown is left out, and the next one is looked at.
    let going_on: Rule = |counts, smallest| {
        let mut before = counts.members;
        let mut next = |count: i64| {
            let far = count == before || before - count >= i64::from(smallest);
            let shown = count >= i64::from(smallest) && far;
            before = if shown { count } else { before };
            shown.then_some((count / 5 * 5) as i32)
        };
        Figures {
            opted_in: next(counts.opted_in),
            paired: next(counts.paired),
            kickoffs_held: next(counts.kickoffs_held),
            completed: next(counts.completed),
        }
    };
    for (rule, members, smallest) in
        [(rounding_alone, 40, 6), (rounding_alone, 1000, 10), (without_the_directory, 25, 6), (going_on, 1000, 5)]
    {
        assert!(leaks(rule, members, 30, smallest) > 0, "{smallest}");
        assert_eq!(leaks(Figures::published, members, 30, smallest), 0);
    }
}

#[test]
fn what_is_shown_is_rounded_down_and_no_more_is_withheld_than_must_be() {
    let published = |members, [opted_in, paired, kickoffs_held, completed]: [i64; 4], smallest| {
        let figures = Figures::published(&Counts { members, opted_in, paired, kickoffs_held, completed }, smallest);
        [figures.opted_in, figures.paired, figures.kickoffs_held, figures.completed].map(|figure| figure.unwrap_or(0))
    };
    for (members, counts, smallest, shown) in [
        (200, [123, 98, 95, 61], 5, [120, 95, 95, 60]),
        (200, [123, 98, 91, 61], 5, [120, 95, 90, 60]), // rounded, a difference of five may be one of nine
        (200, [123, 98, 91, 61], 6, [120, 95, 0, 0]),   // and of six at least it may not be
        (200, [123, 98, 4, 4], 5, [120, 95, 0, 0]),
        (200, [4, 4, 4, 4], 3, [0, 0, 0, 0]), // nobody is shown as nobody
        (200, [9, 9, 9, 9], 5, [5, 5, 5, 5]),
        (200, [9, 9, 9, 9], 6, [0, 0, 0, 0]),
        (21, [20, 20, 20, 20], 5, [20, 20, 20, 20]),
        (25, [20, 20, 20, 20], 5, [20, 20, 20, 20]),
        (25, [20, 20, 20, 20], 6, [0, 0, 0, 0]), // one to five who did not opt in
        (30, [20, 20, 20, 20], 6, [20, 20, 20, 20]),
    ] {
        assert_eq!(published(members, counts, smallest), shown, "{counts:?} of {members}, {smallest} at least");
    }
    for counts in truths(60, 40) {
        let Counts { opted_in, paired, kickoffs_held, completed, .. } = counts;
        let figures = Figures::published(&counts, 5);
        let shown = [figures.opted_in, figures.paired, figures.kickoffs_held, figures.completed];
        let expected =
            [opted_in, paired, kickoffs_held, completed].map(|count| (count >= 5).then(|| (count / 5 * 5) as i32));
        assert_eq!(shown, expected, "with groups of five, only figures under five are withheld");
    }
}
