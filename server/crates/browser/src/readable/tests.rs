//! Pages as they are on the web, and pages that nobody would write.

use proptest::prelude::*;

use super::*;
use crate::sections;

const ADDRESS: &str = "https://docs.example.org/guide/retries/";

fn page(name: &str) -> String {
    let path = format!("{}/tests/pages/{name}.html", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

fn body(html: &str) -> Readable {
    readable(&format!("<title>T</title><body>{html}"), ADDRESS)
}

#[test]
fn documentation_keeps_its_tables_code_and_links_and_nothing_around_them() {
    let page = readable(&page("documentation"), ADDRESS);
    insta::assert_snapshot!(page.markdown, @r##"
    A `Client` tries a request again when the connection fails. See [pool sizes](https://docs.example.org/guide/pools#size) and [the standard](https://example.org/rfc).

    ## Options

    | Name | Default | Meaning |
    | ---- | ------- | ------- |
    | `max_tries` | 3 | Tries in all |
    | `base_delay` | 100 ms | Before the second \| third try |

    ## Example

    ```python3
    import quickhttp

    client = quickhttp.Client(max_tries=5)
    for _ in range(3):
        client.get("https://example.org")
    ```

    Set the variable **QUICK_HTTP_TRIES** or call set_max_tries to change it for all clients.

    ### In Rust

    ```rust
    let client = Client::new();
    client.tries(5);
    ```

    1. First, it waits.
    2. Then it tries again:
        - with jitter
        - without it

    > Retries count against the limit.

    Delays grow by two
    "##);
    assert_eq!((page.hidden, page.cut), (0, false));
}

#[test]
fn a_question_comes_with_its_answers() {
    let page = readable(&page("question"), "https://answers.example/questions/1");
    insta::assert_snapshot!(page.markdown, @r##"
    I have a `String` and need it backwards. What I tried:

    ```rust
    let s = "abc";
    s.reverse();
    ```

    This does not compile. Why is there no such method on strings, and what do people use instead of it?

    ## 2 Answers

    Strings are UTF-8, so reverse the characters:

    ```rust
    let r: String = s.chars().rev().collect();
    ```

    This breaks [grapheme clusters](https://answers.example/questions/2), so look at the crate for segmentation where those matter to you.

    For ASCII alone, bytes are quicker, since nothing has to be decoded: collect them in reverse and make a string of them again.

    > Quoted from the manual.
    "##);
}

#[test]
fn a_blog_is_its_article_without_banners_and_advertisements() {
    let page = readable(&page("blog"), "https://blog.example/build");
    insta::assert_snapshot!(format!("{}\n\n{}", page.title, page.markdown), @r##"
    Why our build got slow

    For a year, our build took four minutes. Then, within a week, it took eleven, and nobody had changed anything that looked like it mattered to the compiler, the linker, or the machines it ran on.

    ## The cause

    The cause was a single line in a manifest, which turned off incremental compilation for all of the dependencies, including those that we change every day, such as the ones in our own workspace.

    ```
    [profile.dev]
    incremental = false
    ```

    Once we had found it, removing it was simple, and the build went back to four minutes, as it had been all along before that week in spring.

    ## What we learned

    Measure each week, keep the numbers, and look at them, because nobody feels a build that gets slower by a second a day until it is too late to say when it began.
    "##);
}

#[test]
fn characters_that_nobody_sees_are_left_out_and_counted() {
    let page = body("<p>Use\u{200b} ta&#x202e;bs\u{e0041} and a soft\u{ad}hyphen.</p>");
    assert_eq!((page.markdown.as_str(), page.hidden), ("Use tabs and a softhyphen.", 3));
}

#[test]
fn links_that_are_no_places_are_their_texts() {
    let page = body(
        "<p><a href='javascript:steal()'>one</a> <a href='#x'>two</a> <a href='data:text/html,x'>three</a> <a href='/four'>four</a></p>",
    );
    assert_eq!(page.markdown, "one two three [four](https://docs.example.org/four)");
}

#[test]
fn a_base_that_is_no_place_on_the_web_is_none() {
    for base in ["file:///etc/", "javascript:x", "https://cdn.example/a/"] {
        let page = readable(&format!("<base href='{base}'><p><a href='b'>b</a>"), ADDRESS);
        let wanted = match base.starts_with("https") {
            true => "[b](https://cdn.example/a/b)",
            false => "[b](https://docs.example.org/guide/retries/b)",
        };
        assert_eq!(page.markdown, wanted, "{base}");
    }
}

#[test]
fn lines_of_code_that_are_elements_stay_lines() {
    let page = body(
        "<pre data-language='js'><code><span class='line'>let a</span><span class='line'>let b</span></code></pre>",
    );
    assert_eq!(page.markdown, "```js\nlet a\nlet b\n```");
    assert_eq!(body("<pre>a<br>b</pre>").markdown, "```\na\nb\n```");
}

#[test]
fn code_that_looks_like_markdown_stays_code() {
    let page = body("<pre>```\n# no heading\n```</pre>");
    assert_eq!(page.markdown, "````\n```\n# no heading\n```\n````");
    assert_eq!(sections(&page.markdown, 1_000).len(), 1);
}

#[test]
fn a_page_that_is_nested_without_end_is_read_and_cut() {
    let page = body(&format!("{}<p>text</p>", "<div>".repeat(200_000)));
    assert!(page.cut);
    for bomb in
        ["<b a=1>", "<table><tr><td>", "<ul><li>", "<a href=x><b><p>", "<blockquote>", "<font>"]
    {
        body(&bomb.repeat(5_000));
    }
}

#[test]
fn megabytes_of_attributes_and_a_huge_table_are_read() {
    let attributes: String = (0..50_000).map(|n| format!(" data-{n}='{n}'")).collect();
    assert_eq!(body(&format!("<p{attributes}>text</p>")).markdown, "text");
    assert_eq!(body(&format!("<p class='{}'>text</p>", "x".repeat(3_000_000))).markdown, "text");
    let table = format!("<table>{}</table>", "<tr><td>1</td><td>2</td></tr>".repeat(15_000));
    let page = body(&table);
    assert!(
        page.markdown.starts_with("|   |   |\n| - | - |\n| 1 | 2 |\n"),
        "{}",
        &page.markdown[..80]
    );
}

#[test]
fn a_table_with_cells_over_columns_is_a_table_and_one_for_the_layout_is_none() {
    let page = body(
        "<table><tr><th>A</th><th>B</th></tr><tr><td colspan=2>both</td></tr><tr><td>1</td></tr></table>",
    );
    insta::assert_snapshot!(page.markdown, @r##"
    | A | B |
    | - | - |
    | both |  |
    | 1 |  |
    "##);
    let page = body(
        "<table><tr><td>left</td><td><table><tr><td>1</td><td>2</td></tr></table></td></tr></table>",
    );
    insta::assert_snapshot!(page.markdown, @r##"
    left

    |   |   |
    | - | - |
    | 1 | 2 |
    "##);
}

#[test]
fn a_page_that_is_too_long_is_cut_between_characters() {
    let page = body(&format!("<p>{}</p>", "ü".repeat(HTML_BYTES)));
    assert!(page.cut && page.markdown.len() <= MARKDOWN_BYTES);
}

#[test]
fn a_page_without_anything_is_empty() {
    for html in ["", "<html>", "\0\0", "<!doctype html><title></title>"] {
        assert_eq!(readable(html, ADDRESS).markdown, "", "{html:?}");
    }
    assert_eq!(readable("<p>Text</p>", "no address").markdown, "Text");
}

#[test]
fn sections_know_the_headings_that_they_are_under() {
    let cut =
        sections("before\n\n# A\n\none\n\n## B\n\ntwo\n\n### Empty\n\n## C\n\nthree\n", 1_000);
    let told: Vec<_> =
        cut.iter().map(|it| format!("{}: {}", it.headings.join(" > "), it.text)).collect();
    assert_eq!(told, [": before", "A: one", "A > B: two", "A > C: three"]);
}

#[test]
fn code_that_is_longer_than_a_section_is_closed_and_opened_again() {
    let markdown = format!("# A\n\n```rust\n{}```\n", "let a = 1;\n".repeat(8));
    let cut = sections(&markdown, 50);
    insta::assert_snapshot!(cut.iter().map(|it| it.text.as_str()).collect::<Vec<_>>().join("\n--\n"), @r##"
    ```rust
    let a = 1;
    let a = 1;
    let a = 1;
    ```
    --
    ```rust
    let a = 1;
    let a = 1;
    let a = 1;
    ```
    --
    ```rust
    let a = 1;
    let a = 1;
    ```
    "##);
}

#[test]
fn a_pdf_file_is_read_page_by_page() {
    let path = format!("{}/tests/pages/budget.pdf", env!("CARGO_MANIFEST_DIR"));
    insta::assert_snapshot!(pdf_text(&std::fs::read(path).unwrap()).unwrap(), @r##"
    ## Page 1

    Retry budgets

    Each client has a budget of ten tries a minute.

    name max_tries

    ## Page 2

    The second page: grüße.
    "##);
}

/// A file whose one page has these resources and draws this.
fn pdf(resources: &str, filter: &str, drawing: &[u8]) -> Vec<u8> {
    let length = drawing.len();
    let mut file = b"%PDF-1.4\n".to_vec();
    let mut places = Vec::new();
    let objects: [Vec<u8>; 5] = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Contents 4 0 R /Resources << {resources} >> >>").into_bytes(),
        [
            format!("<< /Subtype /Form {filter} /Length {length} >>\nstream\n").as_bytes(),
            drawing,
            b"\nendstream",
        ]
        .concat(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_vec(),
    ];
    for (number, object) in (1..).zip(objects) {
        places.push(file.len());
        file.extend(format!("{number} 0 obj\n").into_bytes());
        file.extend(object);
        file.extend(b"\nendobj\n");
    }
    let table = file.len();
    file.extend(b"xref\n0 6\n0000000000 65535 f \n");
    places.iter().for_each(|place| file.extend(format!("{place:010} 00000 n \n").into_bytes()));
    file.extend(
        format!("trailer << /Size 6 /Root 1 0 R >>\nstartxref\n{table}\n%%EOF").into_bytes(),
    );
    file
}

#[test]
fn a_pdf_file_that_draws_itself_ends() {
    let text = b"BT /F 12 Tf (Hello) Tj ET";
    let font = "/Font << /F 5 0 R >>";
    assert_eq!(pdf_text(&pdf(font, "", text)).unwrap(), "## Page 1\n\nHello");
    let itself = pdf(&format!("{font} /XObject << /X 4 0 R >>"), "", b"/X Do");
    assert_eq!(pdf_text(&itself), Err(PdfError::NoText));
}

#[test]
fn a_pdf_file_that_unpacks_without_end_is_refused() {
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    let block = vec![b' '; 1 << 20];
    (0..70).for_each(|_| std::io::Write::write_all(&mut packer, &block).unwrap());
    let bomb = pdf("", "/Filter /FlateDecode", &packer.finish().unwrap());
    assert!(matches!(pdf_text(&bomb), Err(PdfError::TooLarge(_))), "{} bytes", bomb.len());
    let twice = pdf("", "/Filter [/FlateDecode /FlateDecode]", b"x");
    assert!(matches!(pdf_text(&twice), Err(PdfError::TooLarge(_))));
    assert!(matches!(pdf_text(b"<html>"), Err(PdfError::Broken(_))));
}

fn tag_soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<div>".to_owned()),
        Just("</div>".to_owned()),
        Just("<p>".to_owned()),
        Just("<table><tr>".to_owned()),
        Just("<td>".to_owned()),
        Just("</table>".to_owned()),
        Just("<pre><code class='language-x'>".to_owned()),
        Just("</pre>".to_owned()),
        Just("<a href='/x'>".to_owned()),
        Just("<ul><li>".to_owned()),
        Just("<main>".to_owned()),
        Just("<svg><title>".to_owned()),
        Just("<template>".to_owned()),
        Just("<h2>".to_owned()),
        Just("<img alt=a src=b.png>".to_owned()),
        Just("<br><br>".to_owned()),
        Just("<article>".to_owned()),
        Just("<blockquote>".to_owned()),
        Just("<select>".to_owned()),
        "\\PC{0,20}",
        "[<>/a-z =\"'&#;!-]{0,30}",
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn no_page_makes_it_panic(html in tag_soup(), bytes in prop::collection::vec(any::<u8>(), 0..500)) {
        let soup = readable(&html, ADDRESS);
        prop_assert!(!soup.cut);
        prop_assert!(!readable(&String::from_utf8_lossy(&bytes), ADDRESS).cut);
    }

    #[test]
    fn no_section_is_longer_than_asked_for(markdown in "(\\PC{0,40}|```[a-z]{0,4}|# a|\n){0,40}", max in 16usize..200) {
        let text: String = markdown.split("a").collect::<Vec<_>>().join("a\n");
        for section in sections(&text, max) {
            prop_assert!(section.text.chars().count() <= max, "{section:?}");
        }
    }

    #[test]
    fn no_file_makes_the_pdf_reader_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        bytes.splice(0..0, *b"%PDF-1.4\n");
        prop_assert!(pdf_text(&bytes).is_err());
    }
}
