//! The house keeps its arrows: who may `use` whom, who holds power, and the manners of the code. Read from the sources
//! themselves; each rule is shown something that it must find.

#[path = "../support/source.rs"]
mod source;

mod arrows;
mod manners;
mod monitoring;
mod powers;
mod tables;
mod texts;
mod uses;

/// A source of a test's own.
fn example(path: &str, text: &str) -> source::Source {
    source::Source::of(path, text)
}
