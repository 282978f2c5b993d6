//! Writes HTML so that data cannot become markup: markup is only taken from the source code of this crate (`&'static str`),
//! everything else goes through the escape.

use crate::diagram::{visible_text, xml_text};

/// A page in the making.
#[derive(Debug, Default)]
pub(super) struct Html {
    out: String,
}

impl Html {
    /// Markup. Only text of the source code can be given here.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.out.push_str(markup);
        self
    }

    /// Data, as text or inside of a quoted attribute.
    pub(super) fn text(&mut self, data: &str) -> &mut Self {
        self.out.push_str(&xml_text(data));
        self
    }

    /// A name or other short data on one line: cut, and with every character visible.
    pub(super) fn name(&mut self, data: &str) -> &mut Self {
        self.out.push_str(&xml_text(&visible_text(data, 160)));
        self
    }

    /// A number.
    pub(super) fn number(&mut self, n: u64) -> &mut Self {
        self.out.push_str(&n.to_string());
        self
    }

    /// A picture that was checked.
    pub(super) fn picture(&mut self, picture: &super::picture::Picture) -> &mut Self {
        self.out.push_str(picture.markup());
        self
    }

    /// Markup around data.
    pub(super) fn wrap(&mut self, before: &'static str, data: &str, after: &'static str) -> &mut Self {
        self.raw(before).text(data).raw(after)
    }

    /// The page.
    pub(super) fn finish(self) -> String {
        self.out
    }
}
