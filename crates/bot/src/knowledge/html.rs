//! Web pages as Markdown.

use std::{fmt::Write as _, rc::Rc, sync::LazyLock};

use htmd::{
    Element, HtmlToMarkdown, Node,
    element_handler::{HandlerResult, Handlers},
};
use html5ever::{
    ParseOpts, parse_document,
    tendril::{StrTendril, TendrilSink as _},
};
use markup5ever_rcdom::RcDom;

/// Elements within each other. Pages of programs that write pages have some sixty; the converter walks them with its
/// own stack.
const DEPTH: usize = 256;

/// What is no text, or not the page's own.
const LEFT_OUT: &[&str] = &[
    "audio", "button", "canvas", "dialog", "embed", "form", "head", "iframe", "img", "input", "math", "nav",
    "noscript", "object", "picture", "script", "select", "style", "svg", "template", "textarea", "video",
];

/// Ends a cell until its row is whole: the library takes white space away between elements. Private use in Unicode.
const CELL: &str = "\u{F8FF}";

/// Bytes that are parsed between two looks at what came of it.
const CHUNK: usize = 16 << 10;

/// What a page says, as Markdown without addresses and pictures.
///
/// # Errors
/// Why not, as the rest of a sentence that begins with the file's name.
pub(super) fn read(page: &str, waits: &dyn Fn() -> bool) -> Result<String, String> {
    // Handlers are the same for every page.
    static CONVERTER: LazyLock<HtmlToMarkdown> = LazyLock::new(converter);
    let tree = parsed(page, waits)?;
    if too_deep(&tree) {
        return Err(deep());
    }
    Ok(CONVERTER.tree_to_markdown(&tree))
}

fn deep() -> String {
    "is nested too deeply".to_owned()
}

/// The page's tree. The parser takes longer with every element that is open: it is left as soon as there are too many
/// of them, or nobody waits any more.
fn parsed(page: &str, waits: &dyn Fn() -> bool) -> Result<Rc<Node>, String> {
    let mut parser = parse_document(RcDom::default(), ParseOpts::default());
    let mut rest = page;
    while !rest.is_empty() {
        let (chunk, further) = rest.split_at(rest.floor_char_boundary(CHUNK));
        rest = further;
        parser.process(StrTendril::from(chunk));
        let document = &parser.tokenizer.sink.sink.document;
        if last_of_all(document) > DEPTH {
            return Err(deep());
        }
        if !waits() {
            return Err("takes too long".to_owned());
        }
    }
    Ok(parser.finish().document)
}

/// How deep the newest element lies.
fn last_of_all(tree: &Rc<Node>) -> usize {
    let (mut node, mut depth) = (tree.clone(), 0);
    loop {
        let last = node.children.borrow().last().cloned();
        let Some(last) = last else { return depth };
        (node, depth) = (last, depth + 1);
    }
}

/// The library's own handlers pad the columns of tables, and indent lists and quotations once more with each level:
/// a page of a megabyte becomes gigabytes of spaces. What is found by its words needs neither.
fn converter() -> HtmlToMarkdown {
    HtmlToMarkdown::builder()
        .skip_tags(LEFT_OUT.to_vec())
        .add_handler(vec!["a", "tbody", "thead", "tfoot"], within)
        .add_handler(vec!["table", "caption", "blockquote", "ul"], apart)
        .add_handler(vec!["ol"], numbered)
        .add_handler(vec!["li"], item)
        .add_handler(vec!["tr"], row)
        .add_handler(vec!["td", "th"], cell)
        .build()
}

#[expect(clippy::unnecessary_wraps, clippy::needless_pass_by_value, reason = "the library's signature")]
fn within(handlers: &dyn Handlers, element: Element<'_>) -> Option<HandlerResult> {
    Some(handlers.walk_children(element.node))
}

#[expect(clippy::needless_pass_by_value, reason = "the library's signature")]
fn apart(handlers: &dyn Handlers, element: Element<'_>) -> Option<HandlerResult> {
    wrapped(&handlers.walk_children(element.node).content, "\n\n", "\n\n")
}

#[expect(clippy::needless_pass_by_value, reason = "the library's signature")]
fn item(handlers: &dyn Handlers, element: Element<'_>) -> Option<HandlerResult> {
    wrapped(&handlers.walk_children(element.node).content, "\n* ", "\n")
}

#[expect(clippy::needless_pass_by_value, reason = "the library's signature")]
fn numbered(handlers: &dyn Handlers, element: Element<'_>) -> Option<HandlerResult> {
    let (mut list, mut number) = (String::new(), 0);
    for child in element.node.children.borrow().iter() {
        let Some(result) = handlers.handle(child) else { continue };
        match result.content.trim().strip_prefix("* ") {
            Some(item) => {
                number += 1;
                // Writing to a String cannot fail.
                let _ = writeln!(list, "{number}. {item}");
            }
            None => list.push_str(&result.content),
        }
    }
    wrapped(&list, "\n\n", "\n\n")
}

#[expect(clippy::needless_pass_by_value, reason = "the library's signature")]
fn row(handlers: &dyn Handlers, element: Element<'_>) -> Option<HandlerResult> {
    let content = handlers.walk_children(element.node).content.replace(CELL, " | ");
    wrapped(&content, "\n| ", "\n")
}

#[expect(clippy::unnecessary_wraps, clippy::needless_pass_by_value, reason = "the library's signature")]
fn cell(handlers: &dyn Handlers, element: Element<'_>) -> Option<HandlerResult> {
    let content = handlers.walk_children(element.node).content;
    let line = content.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(format!("{line}{CELL}").into())
}

fn wrapped(content: &str, before: &str, after: &str) -> Option<HandlerResult> {
    let content = content.trim();
    (!content.is_empty()).then(|| format!("{before}{content}{after}").into())
}

/// Whether somebody nested more than people read. Walks without a stack of its own to run out of.
fn too_deep(tree: &Rc<Node>) -> bool {
    let mut left = vec![(tree.clone(), 0)];
    while let Some((node, depth)) = left.pop() {
        if depth > DEPTH {
            return true;
        }
        left.extend(node.children.borrow().iter().map(|child| (child.clone(), depth + 1)));
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_keeps_its_structure_and_loses_what_is_no_text() {
        let page = "<html><head><title>T</title><style>p{}</style></head><body><nav><a href=/x>Menu</a></nav>\
            <h1>Tides &amp; times</h1><p>The <a href='https://a.example'>harbour</a> opens\n at <b>six</b>.<script>bad()</script></p>\
            <h2>Prices</h2><table><tr><th>What</th><th>How much</th></tr><tr><td>Eel</td><td>two<br>coins</td></tr></table>\
            <ol><li>First<ul><li>inner</li></ul></li><li>Second</li></ol><img src=x alt=picture></body></html>";
        let text = read(page, &|| true).unwrap();
        for part in [
            "# Tides & times",
            "The harbour opens at **six**.",
            "## Prices",
            "| What | How much |",
            "| Eel | two coins |",
            "1. First",
            "* inner",
            "2. Second",
        ] {
            assert!(text.contains(part), "{part} is missing:\n{text}");
        }
        for gone in ["bad()", "Menu", "a.example", "picture", "p{}", "<"] {
            assert!(!text.contains(gone), "{gone} is there:\n{text}");
        }
    }

    #[test]
    fn pages_that_are_made_to_harm_are_refused_or_stay_small() {
        assert_eq!(read(&"<div>".repeat(100_000), &|| true).unwrap_err(), "is nested too deeply");
        assert_eq!(read(&"<b><i>".repeat(20_000), &|| true).unwrap_err(), "is nested too deeply");
        let wide = format!(
            "<table><tr><th>{}</th></tr>{}</table>",
            "x".repeat(100_000),
            "<tr><td>y</td></tr>".repeat(5_000)
        );
        assert!(read(&wide, &|| true).unwrap().len() < 2 * wide.len());
        let quoted = "<blockquote><ul><li>".repeat(40) + &"x<br>".repeat(10_000);
        assert!(read(&quoted, &|| true).unwrap().len() < 2 * quoted.len());
        assert_eq!(read("<p>x", &|| false).unwrap_err(), "takes too long");
        for broken in ["", "<", "<html", "<!-- ", "<?php echo 1 ?>", "a < b && c > d", "<p>\u{0}\u{FFFD}"] {
            read(broken, &|| true).unwrap();
        }
    }
}
