//! docs/configuration.md, made from the table of settings.

use std::fmt::Write as _;

use super::settings;

/// The reference of every setting, as Markdown.
pub fn reference() -> String {
    let mut page = String::from(
        "# Configuration\n\n\
         <!-- Made by `acore config reference`; a test keeps it true. -->\n\n\
         One TOML file, `acore.toml` in the working directory (another with `--config FILE`), and the environment, \
         `.env` included.\nThe environment wins over `.env`, `.env` over the file, the file over the default. \
         `acore config check` names every problem.\n\n\
         | key | variable | default | meaning |\n|---|---|---|---|\n",
    );
    for setting in settings() {
        // Writing to a String cannot fail.
        let _ = writeln!(
            page,
            "| `{}` | `{}` | `{}` | {} Takes {}. |",
            setting.key, setting.env, setting.default, setting.meaning, setting.takes
        );
    }
    page
}
