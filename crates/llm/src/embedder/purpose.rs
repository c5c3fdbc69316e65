//! What a text's vector is for. Models that were trained to find passages by questions want to be told which is which.

/// What a text's vector is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// To find others by.
    Query,
    /// To be found.
    Document,
}

/// What BGE and mxbai want before a question: the cards of BAAI/bge-small-en-v1.5 ("Usage") and
/// mixedbread-ai/mxbai-embed-large-v1.
const REPRESENT: &str = "Represent this sentence for searching relevant passages: ";

impl Purpose {
    /// What a model wants before a text, as its card says; nothing for models that are not known. `model` is a name as
    /// servers have it: with or without its maker before a slash and a tag behind a colon.
    pub(super) fn prefix(self, model: &str) -> &'static str {
        let name = model.rsplit('/').next().unwrap_or(model);
        let name = name.split(':').next().unwrap_or(name).to_ascii_lowercase();
        let (query, document) = match name.as_str() {
            // Those that follow instructions want sentences that depend on the task.
            name if name.contains("instruct") => ("", ""),
            // bge-m3 wants none, the Chinese ones another one.
            name if ["bge-small", "bge-base", "bge-large"].iter().any(|known| name.starts_with(known))
                && !name.contains("-zh") =>
            {
                (REPRESENT, "")
            }
            name if name.starts_with("mxbai-embed-large") => (REPRESENT, ""),
            // The cards of intfloat/e5-small-v2 and intfloat/multilingual-e5-small.
            name if ["e5-", "multilingual-e5-"].iter().any(|known| name.starts_with(known)) => {
                ("query: ", "passage: ")
            }
            // The card of nomic-ai/nomic-embed-text-v1.5.
            name if name.starts_with("nomic-embed-text") => ("search_query: ", "search_document: "),
            _ => ("", ""),
        };
        match self {
            Self::Query => query,
            Self::Document => document,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_told_what_they_want_to_be_told() {
        for (model, query, document) in [
            ("bge-large", REPRESENT, ""),
            ("BAAI/bge-small-en-v1.5", REPRESENT, ""),
            ("bge-m3", "", ""),
            ("BAAI/bge-large-zh-v1.5", "", ""),
            ("mxbai-embed-large:latest", REPRESENT, ""),
            ("nomic-embed-text:v1.5", "search_query: ", "search_document: "),
            ("intfloat/multilingual-e5-base", "query: ", "passage: "),
            ("intfloat/multilingual-e5-large-instruct", "", ""),
            ("text-embedding-3-small", "", ""),
        ] {
            assert_eq!(Purpose::Query.prefix(model), query, "{model}");
            assert_eq!(Purpose::Document.prefix(model), document, "{model}");
        }
    }
}
