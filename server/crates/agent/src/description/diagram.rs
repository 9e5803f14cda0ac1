//! The modules of a project as a diagram: in Mermaid for Markdown, and drawn for a printed page.

use std::fmt::Write as _;

use crate::description::html::escaped;
use crate::description::modules::Modules;

/// The diagram in Mermaid.
pub(crate) fn mermaid(modules: &Modules) -> String {
    let mut text = String::from("graph TD\n");
    for (index, path) in modules.files.iter().enumerate() {
        let label = path.replace('"', "'");
        let _infallible = writeln!(text, "  m{index}[\"{label}\"]");
    }
    for (user, used) in &modules.uses {
        let _infallible = writeln!(text, "  m{user} --> m{used}");
    }
    text
}

/// Width of a box, its height, and the room between boxes, in pixels of the page.
const BOX: (usize, usize, usize) = (190, 34, 26);

/// Boxes in a row.
const ROW: usize = 3;

/// The diagram drawn: who uses others stands above them, where they do not use each other in a circle.
pub(crate) fn svg(modules: &Modules) -> String {
    let (width, height, gap) = BOX;
    let mut places = vec![(0, 0); modules.files.len()];
    let mut rows = 0;
    for layer in layers(modules) {
        for chunk in layer.chunks(ROW) {
            for (column, index) in chunk.iter().enumerate() {
                places[*index] = (gap + column * (width + gap), gap + rows * (height + 2 * gap));
            }
            rows += 1;
        }
    }
    let (all_width, all_height) = (gap + ROW * (width + gap), gap + rows * (height + 2 * gap));
    let mut text = format!(
        "<svg viewBox=\"0 0 {all_width} {all_height}\" width=\"100%\" role=\"img\"><defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0 8 4 0 8z\"/></marker></defs>"
    );
    for (user, used) in &modules.uses {
        let ((x, y), (to_x, to_y)) = (places[*user], places[*used]);
        let (from_y, to_y) = if y < to_y { (y + height, to_y) } else { (y, to_y + height) };
        let _infallible = write!(
            text,
            "<line x1=\"{}\" y1=\"{from_y}\" x2=\"{}\" y2=\"{to_y}\" stroke=\"#888\" marker-end=\"url(#tip)\"/>",
            x + width / 2,
            to_x + width / 2
        );
    }
    for (path, (x, y)) in modules.files.iter().zip(&places) {
        let label = escaped(&shortened(path));
        let _infallible = write!(
            text,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"5\" fill=\"#f3f6fa\" stroke=\"#567\"/><text x=\"{}\" y=\"{}\" font-size=\"12\" text-anchor=\"middle\">{label}</text>",
            x + width / 2,
            y + height / 2 + 4
        );
    }
    text.push_str("</svg>");
    text
}

/// The end of a path that fits into a box.
fn shortened(path: &str) -> String {
    let count = path.chars().count();
    if count <= 26 {
        return path.to_owned();
    }
    let end: String = path.chars().skip(count - 25).collect();
    format!("…{end}")
}

/// The files in layers: each below those that use it, as far as there is no circle.
fn layers(modules: &Modules) -> Vec<Vec<usize>> {
    let count = modules.files.len();
    let mut depth = vec![0; count];
    // In a circle depths would grow without end; no path is longer than there are files.
    for _ in 0..count {
        let mut changed = false;
        for (user, used) in &modules.uses {
            if depth[*used] <= depth[*user] && depth[*user] + 1 < count {
                depth[*used] = depth[*user] + 1;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    let mut layers = vec![Vec::new(); count];
    for (index, depth) in depth.into_iter().enumerate() {
        layers[depth].push(index);
    }
    layers.retain(|layer| !layer.is_empty());
    layers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules(files: &[&str], uses: &[(usize, usize)]) -> Modules {
        Modules {
            files: files.iter().map(|file| (*file).to_owned()).collect(),
            uses: uses.iter().copied().collect(),
            left_out: 0,
        }
    }

    #[test]
    fn who_uses_whom_is_an_arrow() {
        let shop = modules(&["main.py", "a\"b.py"], &[(0, 1)]);
        insta::assert_snapshot!(mermaid(&shop), @r#"
        graph TD
          m0["main.py"]
          m1["a'b.py"]
          m0 --> m1
        "#);
    }

    #[test]
    fn who_is_used_stands_below_and_a_circle_ends() {
        let chain = modules(&["c", "b", "a"], &[(2, 1), (1, 0)]);
        assert_eq!(layers(&chain), [vec![2], vec![1], vec![0]]);
        let circle = modules(&["a", "b"], &[(0, 1), (1, 0)]);
        assert_eq!(layers(&circle).concat().len(), 2);
    }

    #[test]
    fn a_name_cannot_break_out_of_the_drawing() {
        let drawn = svg(&modules(&["<script>.py"], &[]));
        assert!(drawn.contains("&lt;script&gt;.py") && !drawn.contains("<script>"), "{drawn}");
    }
}
