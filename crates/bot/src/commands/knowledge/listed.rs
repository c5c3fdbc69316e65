//! The documents of a server, page by page.

use domain::{
    GuildId,
    outbound::{Answer, Button, Panel, Row},
};
use store::Origin;

use super::{NAME, shown};
use crate::{app::App, knowledge::Shelf};

/// Documents on a page: a line with all there is to say has some 300 characters.
const ON_A_PAGE: usize = 10;

const NONE: &str =
    "No documents yet: `/knowledge add` brings one, and every character of this server knows it.";

/// One page of the list; the last one if there are not so many.
pub(super) async fn page(app: &App, guild: GuildId, wanted: usize) -> anyhow::Result<Answer> {
    let all = app.knowledge.of(Some(guild)).await?;
    let everywhere =
        app.knowledge.of(None).await?.iter().filter(|shelf| shelf.document.trouble.is_none()).count();
    let pages = all.len().div_ceil(ON_A_PAGE).max(1);
    let number = wanted.min(pages - 1);
    let lines: Vec<String> = all.iter().skip(number * ON_A_PAGE).take(ON_A_PAGE).map(line).collect();
    let body = if all.is_empty() { NONE.to_owned() } else { lines.join("\n") };
    let mut footer = vec![shown::count(all.len(), "document", "documents")];
    footer.push(shown::count(
        all.iter().map(|shelf| shelf.passages).sum::<u64>() as usize,
        "passage",
        "passages",
    ));
    if everywhere > 0 {
        footer.push(format!("and {everywhere} that are known on every server"));
    }
    if pages > 1 {
        footer.push(format!("page {} of {pages}", number + 1));
    }
    let panel = Panel {
        title: "Documents of this server".to_owned(),
        body,
        footer: footer.join(" · "),
        ..Panel::default()
    };
    let turn = |label, page: Option<usize>| Button {
        disabled: page.is_none(),
        // Two buttons of a message cannot have the same id.
        ..Button::new(
            format!("{NAME}:page:{}", page.map_or_else(|| format!("no {label}"), |page| page.to_string())),
            label,
        )
    };
    let rows = if pages > 1 {
        let next = (number + 1 < pages).then_some(number + 1);
        vec![Row::Buttons(vec![turn("Back", number.checked_sub(1)), turn("Next", next)])]
    } else {
        Vec::new()
    };
    Ok(Answer { panels: vec![panel], rows, private: true, ..Answer::default() })
}

fn line(shelf: &Shelf) -> String {
    let document = &shelf.document;
    let mut told = vec![shown::line(&document.category, 60)];
    if let Some(only) = &document.character {
        told.push(format!("only `{only}`"));
    }
    if document.origin == Origin::Folder {
        told.push("from the folder".to_owned());
    }
    match &document.trouble {
        Some(why) => told.push(format!("**not read**: it {}", shown::line(why, 100))),
        None => told.push(shown::count(shelf.passages as usize, "passage", "passages")),
    }
    format!("• **{}** {}", shown::line(&document.name, 120), told.join(" · "))
}
