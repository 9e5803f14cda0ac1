//! Tables as Markdown can hold them.

use dom_query::{Document, NodeRef};

/// Columns of a table.
const COLUMNS: usize = 64;

/// Gives all rows of a table the same number of cells, which is what makes it one in Markdown, and
/// turns tables that are there for the layout into what they hold.
pub(super) fn straighten(document: &Document) {
    for table in document.select("table").nodes() {
        let below = table.descendants();
        if below.iter().any(|node| node.has_name("table")) {
            flatten(table);
            continue;
        }
        let rows: Vec<NodeRef<'_>> = below.into_iter().filter(|it| it.has_name("tr")).collect();
        rows.iter().for_each(|row| spread(document, row));
        let columns = rows.iter().map(|row| cells(row).len()).max().unwrap_or_default();
        for row in &rows {
            let name = if cells(row).iter().all(|cell| cell.has_name("th")) { "th" } else { "td" };
            for _ in cells(row).len()..columns.min(COLUMNS) {
                row.append_child(&document.tree.new_element(name));
            }
        }
    }
}

fn cells<'a>(row: &NodeRef<'a>) -> Vec<NodeRef<'a>> {
    row.children_it(false).filter(|it| it.has_name("td") || it.has_name("th")).collect()
}

/// Puts empty cells behind a cell that spans several columns.
fn spread(document: &Document, row: &NodeRef<'_>) {
    for cell in cells(row) {
        let columns = cell.attr("colspan").and_then(|it| it.trim().parse().ok()).unwrap_or(1);
        let name = cell.node_name().unwrap_or_default();
        for _ in 1..columns.min(COLUMNS) {
            cell.insert_after(&document.tree.new_element(&name));
        }
        cell.remove_attr("colspan");
    }
}

/// Makes blocks of a table's rows and cells, not of those of the tables in it.
fn flatten(table: &NodeRef<'_>) {
    let mut blocks = vec![*table];
    while let Some(block) = blocks.pop() {
        let is_part = |it: &NodeRef<'_>| {
            ["tbody", "thead", "tfoot", "tr"].iter().any(|name| it.has_name(name))
        };
        for child in block.children() {
            match is_part(&child) {
                true => blocks.push(child),
                false if child.has_name("td") || child.has_name("th") => child.rename("div"),
                false => {}
            }
        }
        block.rename("div");
    }
}
