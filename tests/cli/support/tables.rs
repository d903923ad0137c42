//! Tables of Markdown.

/// The rows of the table whose first column has this name, each cell without its backticks.
pub fn table(text: &str, first: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect();
    let rows = text.lines().skip_while(|line| !line.starts_with(&format!("| {first} |"))).skip(2);
    rows.take_while(|line| line.starts_with('|')).map(cells).collect()
}
