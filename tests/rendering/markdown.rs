//! Markdown.

use diglot::document::BlockKind;
use diglot::render::{Format, Layout, View};
use diglot::{Flag, FlagKind};

use crate::articles::*;

#[test]
fn summary_alone() {
    let mut article = harbour();
    article.summaries.truncate(1);
    assert_eq!(
        shown(&article, Format::Markdown, &summaries_only()),
        "The harbour gets a third quay. Fishermen object. **\\[check: unsupported\\]**\n"
    );
    article.summaries[0].bulleted = true;
    assert_eq!(
        shown(&article, Format::Markdown, &summaries_only()),
        "- The harbour gets a third quay.\n- Fishermen object. **\\[check: unsupported\\]**\n"
    );
}

#[test]
fn target() {
    let mut article = harbour();
    article.summaries.clear();
    assert_eq!(
        shown(&article, Format::Markdown, &view(Layout::Target)),
        "\
# date 2026-03 The harbour grows

The harbour will get a third quay by 2028. **\\[check: numbers – 2029 missing\\]** “This helps everyone,” said Ute Brandt.

Construction costs 14.5 million euros.
"
    );
}

#[test]
fn target_keeps_lines_and_quotes() {
    let mut article = article(
        "a.txt",
        &[(BlockKind::Quote, &[("Eins.", "1. One."), ("Zwei.", "- Two"), ("Drei.", "= Three *")])],
    );
    let text = article.bitext.document.text.replace("Eins. Zwei. Drei.", "Eins.\nZwei. Drei.");
    article.bitext.document.text = text;
    assert_eq!(
        shown(&article, Format::Markdown, &view(Layout::Target)),
        "> 1\\. One.\n> \\- Two = Three \\*\n"
    );
}

#[test]
fn code_stands_between_fences_of_its_own() {
    let shown = |code: &str| {
        shown(
            &article("a.txt", &[(BlockKind::Code, &[(code, code)])]),
            Format::Markdown,
            &view(Layout::Target),
        )
    };
    assert_eq!(shown("```sh\nls *\n\n  x\n```"), "```\nls *\n\n  x\n```\n");
    assert_eq!(shown("`````\n````\n```"), "`````\n````\n`````\n");
}

#[test]
fn side_by_side() {
    let mut article = harbour();
    article.summaries.truncate(1);
    assert_eq!(
        shown(&article, Format::Markdown, &View { named: true, ..view(Layout::SideBySide) }),
        "\
# hafen.txt

## Summary (English)

- The harbour gets a third quay. [\\[2\\]](#s2) [\\[3\\]](#s3)
- Fishermen object. **\\[check: unsupported\\]**

## Text

| | German | English |
|---:|---|---|
| <a id=\"s1\"></a>**1** | date 2026-03 | date 2026-03 |
| <a id=\"s2\"></a>**2** | Der Hafen wächst | The harbour grows |
| <a id=\"s3\"></a>**3** | Der Hafen bekommt bis 2029 einen dritten Kai. | The harbour will get a third quay by 2028. \
**\\[check: numbers – 2029 missing\\]** |
| <a id=\"s4\"></a>**4** | „Das hilft allen“, sagte Ute Brandt. | “This helps everyone,” said Ute Brandt. |
| <a id=\"s5\"></a>**5** | Der Bau kostet 14,5 Millionen Euro. | Construction costs 14.5 million euros. |
"
    );
}

#[test]
fn interleaved_articles_have_anchors_of_their_own() {
    let mut one = article("a.txt", &[(BlockKind::Paragraph, &[("Eins.", "One."), ("Zwei.", "")])]);
    one.bitext.units[1].target.flags.push(Flag::new(FlagKind::Empty, ""));
    let view = View { named: true, ..view(Layout::Interleaved) };
    assert_eq!(
        all_shown(&[one.clone(), one], Format::Markdown, &view),
        "\
# a.txt

<a id=\"s1\"></a>**1** Eins.

> One.

<a id=\"s2\"></a>**2** Zwei.

> **\\[check: empty\\]**

# a.txt

<a id=\"a2-s1\"></a>**1** Eins.

> One.

<a id=\"a2-s2\"></a>**2** Zwei.

> **\\[check: empty\\]**
"
    );
}
